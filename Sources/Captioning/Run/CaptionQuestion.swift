import Files
package import InternVL

/// What every picture is asked.
package struct CaptionQuestion: Sendable {
  /// The prompts; `<image>` in one stands for the picture.
  package var prompts: [CaptionPrompt]
  /// What replaces the model's system message.
  package var system: String?
  package var options: GenerationOptions
  package var style: TextStyle

  package init(
    prompts: [CaptionPrompt], system: String? = nil, options: GenerationOptions,
    style: TextStyle = TextStyle()
  ) {
    self.prompts = prompts
    self.system = system
    self.options = options
    self.style = style
  }

  /// Whether no prompt is another one for each picture.
  var isTheSameForAll: Bool { !prompts.contains { $0.template.hasVariables } }

  /// What a picture is asked, one conversation a prompt.
  func conversations(
    about image: Image, _ picture: ReadPicture, _ request: PictureRequest
  ) -> [Conversation] {
    let name = request.item.innerName
    return prompts.map { prompt in
      let text = prompt.template.filled { variable in
        switch variable {
        case .name: name.lastPathPart
        case .stem: name.lastPathPart.withoutPathEnding
        case .folder: request.item.folder
        case .existing: request.existing
        case .width: picture.width.map(String.init) ?? ""
        case .height: picture.height.map(String.init) ?? ""
        }
      }
      return conversation(text, about: image)
    }
  }

  func conversation(_ text: String, about image: Image) -> Conversation {
    Conversation(
      messages: (system.map { [Message(role: .system, content: $0)] } ?? [])
        + [Message(role: .user, content: text)],
      images: [image])
  }
}

extension CaptionItem {
  /// The name of the folder that the picture lies in; empty where none is told.
  fileprivate var folder: String {
    if case .file(let path) = place, let whole = FileSystem.resolved(path) {
      return whole.pathFolder.lastPathPart
    }
    return innerName.pathFolder.lastPathPart
  }
}
