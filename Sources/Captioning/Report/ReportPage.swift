import Files

/// The HTML of a report: one page that needs no other file, no network and no scripts to be read.
enum ReportPage {
  /// What stands in front of the first picture.
  static func front(_ title: String, summary: String, parts: [(name: String, title: String)])
    -> String
  {
    let links = parts.map { #"<a href="\#($0.name.inHTML)">\#($0.title.inHTML)</a>"# }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title.inHTML)</title>
      <style>
      \(style)
      </style>
      <header>
      <h1>\(title.inHTML)</h1>
      <p>\(summary.inHTML)</p>
      \(links.isEmpty ? "" : "<nav>\(links.joined(separator: " "))</nav>\n")<form hidden>
      <input type="search" placeholder="Search names and texts" aria-label="Search names and texts">
      <select aria-label="Which pictures">
      <option value="">all pictures</option>
      <option value="failed">failed</option>
      <option value="cut">cut off or in circles</option>
      </select>
      <output></output>
      </form>
      </header>
      <main>

      """
  }

  /// A picture's card.
  static func card(_ row: CaptionRow, thumbnail: Thumbnail?) -> String {
    var html = #"<article data-kind="\#(row.kind)">"#
    if let thumbnail {
      html +=
        #"<img loading="lazy" decoding="async" alt="" width="\#(thumbnail.width)" "#
        + #"height="\#(thumbnail.height)" src="\#(thumbnail.address)">"#
    } else {
      html += #"<div class="none">no picture</div>"#
    }
    html += "<h2>\(row.name.string.inHTML)</h2>"
    switch row.outcome {
    case .failed(let reason): html += #"<p class="error">\#(reason.inHTML)</p>"#
    case .caption(let caption): html += answers(caption)
    }
    return html + "<footer>\(facts(row).joined(separator: " · ").inHTML)</footer></article>\n"
  }

  private static func answers(_ caption: Caption) -> String {
    guard caption.answers.count > 1 || caption.answers.first?.isJSON == true else {
      return "<p>\(caption.answers.first?.text.inHTML ?? "")</p>"
    }
    let fields = caption.answers.map { "<dt>\($0.field.inHTML)</dt><dd>\($0.text.inHTML)</dd>" }
    return "<dl>\(fields.joined())</dl>"
  }

  private static func facts(_ row: CaptionRow) -> [String] {
    var facts: [String] = []
    if let width = row.width, let height = row.height { facts.append("\(width) × \(height)") }
    guard let caption = row.caption else { return facts }
    facts.append("\(caption.tokens) tokens")
    facts.append("\((caption.seconds * 10).rounded() / 10) s")
    switch caption.ending {
    case .stop: break
    case .length: facts.append("cut off")
    case .repetition: facts.append("runs in circles")
    }
    return facts
  }

  static let back = """
    </main>
    <script>
    \(script)
    </script>
    </html>

    """

  private static let style = """
    :root { color-scheme: light dark; --line: #8884; --dim: #777; --bad: #c22; }
    @media (prefers-color-scheme: dark) { :root { --dim: #aaa; --bad: #f77; } }
    body { font: 15px/1.4 system-ui, sans-serif; margin: 0; background: Canvas; color: CanvasText; }
    header { position: sticky; top: 0; padding: 12px 20px; background: Canvas;
      border-bottom: 1px solid var(--line); z-index: 1; }
    h1 { font-size: 18px; margin: 0; overflow-wrap: anywhere; }
    header p { margin: 2px 0 8px; color: var(--dim); }
    nav { margin-bottom: 8px; } nav a { margin-right: 10px; }
    input, select { font: inherit; padding: 4px 8px; } input { width: min(28em, 60vw); }
    main { display: grid; gap: 14px; padding: 16px 20px;
      grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); }
    article { border: 1px solid var(--line); border-radius: 8px; padding: 12px; overflow: hidden;
      content-visibility: auto; contain-intrinsic-size: auto 320px; }
    article[hidden] { display: none; }
    img { display: block; margin: 0 auto 8px; max-width: 100%; height: auto; }
    .none { height: 96px; display: grid; place-items: center; color: var(--dim);
      border: 1px dashed var(--line); margin-bottom: 8px; }
    h2 { font: 12px/1.3 ui-monospace, monospace; margin: 0 0 6px; color: var(--dim);
      overflow-wrap: anywhere; }
    article p, dd { margin: 0 0 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
    dt { font-size: 12px; color: var(--dim); } dl { margin: 0; } .error { color: var(--bad); }
    footer { font-size: 12px; color: var(--dim); }
    """

  private static let script = """
    const form = document.querySelector("form"), [search, kind] = form.elements;
    const cards = [...document.querySelectorAll("article")];
    const texts = cards.map(card => card.textContent.toLowerCase());
    function show() {
      const words = search.value.toLowerCase().split(/\\s+/).filter(word => word);
      let count = 0;
      cards.forEach((card, index) => {
        const isShown = (!kind.value || card.dataset.kind === kind.value)
          && words.every(word => texts[index].includes(word));
        card.hidden = !isShown;
        count += isShown;
      });
      form.querySelector("output").textContent = count + " of " + cards.length;
    }
    form.hidden = false;
    form.addEventListener("input", show);
    form.addEventListener("submit", event => event.preventDefault());
    show();
    """
}

extension CaptionRow {
  /// What the report filters by.
  fileprivate var kind: String {
    guard let caption else { return "failed" }
    return caption.ending == .stop ? "done" : "cut"
  }
}

extension String {
  /// The text as HTML shows it, in an element or an attribute.
  fileprivate var inHTML: String {
    var html = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      default: html.unicodeScalars.append(scalar)
      }
    }
    return html
  }
}
