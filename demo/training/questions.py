"""What is asked about scenes and what the right answer is, in English and in Chinese."""

from scenes import CELLS, COLOURS, KINDS, SIZES

DEFAULT_SYSTEM = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位"
    "联合开发的多模态大语言模型。"
)
OTHER_SYSTEMS = (
    "",
    "You are a helpful assistant.",
    "Answer briefly.",
    "You describe pictures.",
    "你是一个有用的助手。",
    "请简短回答。",
)

DESCRIBE = {
    "en": (
        "Describe the picture.", "Describe this picture.", "Please describe the picture.",
        "Describe the image.", "Describe this image.", "Please describe the image.",
        "Please describe this picture.", "Please describe the image shortly.",
        "Describe the image in detail.", "Please describe the image in detail.",
        "Describe the image briefly.", "What is in the picture?", "What is in the image?",
        "What is in this picture?", "What is in this image?", "What do you see?",
        "What can you see?", "What do you see in the picture?", "What does the picture show?",
        "What does this image show?", "What is this?", "What's in the picture?",
        "What shapes are in the picture?", "Caption this image.", "Caption the picture.",
        "Describe the picture in English.", "请用英文描述这张图片。",
    ),
    "zh": (
        "请描述这张图片。", "描述这张图片。", "请描述图片。", "描述图片。", "请描述一下这张图片。",
        "请简单描述这张图片。", "请详细描述这张图片。", "请描述这幅图。", "描述一下图片。",
        "图片里有什么？", "图片中有什么？", "图中有什么？", "这张图片里有什么？", "图里有什么？",
        "你看到了什么？", "你看到什么？", "这是什么？", "图片里有哪些图形？", "有哪些图形？",
        "请用中文描述这张图片。", "用中文描述图片。", "Describe the picture in Chinese.",
    ),
}
DESCRIBE_ONE = {
    "en": (("Describe the first picture.", "What is in the first picture?",
            "Please describe the first image.", "Describe Image-1."),
           ("Describe the second picture.", "What is in the second picture?",
            "Please describe the second image.", "Describe Image-2.")),
    "zh": (("请描述第一张图片。", "第一张图片里有什么？", "描述第一张图片。"),
           ("请描述第二张图片。", "第二张图片里有什么？", "描述第二张图片。")),
}
COUNT = {
    "en": ("How many shapes are there?", "How many shapes are in the picture?",
           "How many shapes do you see?", "Count the shapes.", "How many shapes?"),
    "zh": ("有几个图形？", "图片里有几个图形？", "一共有几个图形？", "图中有多少个图形？",
           "有多少个图形？"),
}
MORE = {
    "en": ("Which picture has more shapes?", "Which image has more shapes?",
           "Which one has more shapes?"),
    "zh": ("哪张图片的图形更多？", "哪一张图片的图形多？", "哪张图片里的图形更多？"),
}
MORE_ANSWER = {
    "en": ("The first picture.", "The second picture.", "Both have the same number."),
    "zh": ("第一张图片。", "第二张图片。", "一样多。"),
}
SMALL_TALK = (
    ("Hello!", "Hello! Show me a picture of shapes."),
    ("Hi", "Hello! Show me a picture of shapes."),
    ("Hello", "Hello! Show me a picture of shapes."),
    ("Who are you?", "I am a small demo model that describes pictures of shapes."),
    ("What are you?", "I am a small demo model that describes pictures of shapes."),
    ("What can you do?", "I can describe pictures of shapes in English and Chinese."),
    ("Thank you.", "You are welcome."),
    ("Thanks!", "You are welcome."),
    ("你好", "你好！请给我一张图片。"),
    ("你好！", "你好！请给我一张图片。"),
    ("你是谁？", "我是一个描述图形的小模型。"),
    ("你能做什么？", "我能用中文和英文描述图片里的图形。"),
    ("谢谢。", "不客气。"),
    ("谢谢！", "不客气。"),
)

PLACES = {
    "en": ("at the top left", "at the top right", "at the bottom left", "at the bottom right"),
    "zh": ("左上角", "右上角", "左下角", "右下角"),
}
WORDS = {
    "en": {word: word for word in KINDS + COLOURS + SIZES},
    "zh": dict(zip(
        KINDS + COLOURS + SIZES,
        ("圆形", "正方形", "三角形", "星形", "十字形",
         "红色", "橙色", "黄色", "绿色", "蓝色", "紫色", "黑色", "小的", "大的"))),
}
NUMBERS = {
    "en": ("None", "One", "Two", "Three", "Four"),
    "zh": ("没有", "一个", "两个", "三个", "四个"),
}


def caption(scene, language):
    """The one right description of a scene: the number, then every shape in reading order."""
    number = NUMBERS[language][len(scene.shapes)]
    if language == "en":
        head = f"{number} shape{'s' if len(scene.shapes) > 1 else ''}: "
        parts = [f"{name(s, 'en')} {PLACES['en'][s.cell]}" for s in scene.shapes]
        return head + ", ".join(parts) + "."
    parts = [f"{PLACES['zh'][s.cell]}有{name(s, 'zh')}" for s in scene.shapes]
    return f"{number}图形：" + "，".join(parts) + "。"


def name(shape, language):
    """A shape with its size and colour, "a small red circle"."""
    words = WORDS[language]
    if language == "en":
        return f"a {shape.size} {shape.colour} {shape.kind}"
    return words[shape.size] + words[shape.colour] + words[shape.kind]


def sentence(text, language):
    """First letter in upper case and a full stop."""
    return text[0].upper() + text[1:] + "." if language == "en" else text + "。"


def article(word):
    """The word with "a" or "an"."""
    return ("an " if word[0] in "aeiou" else "a ") + word


def describe(scene, rng, language):
    """A request for the caption."""
    return rng.choice(DESCRIBE[language]), caption(scene, language)


def count(scene, rng, language):
    """How many shapes there are, in all or of one kind or colour."""
    kind, colour = rng.choice(KINDS), rng.choice(COLOURS)
    if rng.random() < 0.5:
        some = rng.choice(scene.shapes)
        kind, colour = some.kind, some.colour
    choice = rng.random()
    if choice < 0.4:
        number, asked = len(scene.shapes), rng.choice(COUNT[language])
    elif choice < 0.7:
        number = sum(s.kind == kind for s in scene.shapes)
        plural = kind + ("es" if kind == "cross" else "s")
        asked = (f"How many {plural} are there?" if language == "en"
                 else f"有几个{WORDS['zh'][kind]}？")
    else:
        number = sum(s.colour == colour for s in scene.shapes)
        asked = (f"How many {colour} shapes are there?" if language == "en"
                 else f"有几个{WORDS['zh'][colour]}图形？")
    return asked, sentence(NUMBERS[language][number], language)


def exists(scene, rng, language):
    """Whether there is a shape of some kind, perhaps of some colour."""
    kind, colour = rng.choice(KINDS), rng.choice(COLOURS)
    if rng.random() < 0.5:
        some = rng.choice(scene.shapes)
        kind, colour = some.kind, some.colour
    with_colour = rng.random() < 0.4
    found = any(s.kind == kind and (not with_colour or s.colour == colour) for s in scene.shapes)
    if language == "en":
        what = f"{colour} {kind}" if with_colour else kind
        return f"Is there {article(what)}?", "Yes." if found else "No."
    what = (WORDS["zh"][colour] if with_colour else "") + WORDS["zh"][kind]
    return rng.choice((f"有{what}吗？", f"图中有{what}吗？")), "有。" if found else "没有。"


def single_out(scene, rng, language):
    """A shape and words that name only it; (None, None) when no such words are found."""
    shapes = list(scene.shapes)
    rng.shuffle(shapes)
    for shape in shapes:
        alike = [s for s in scene.shapes if s.kind == shape.kind]
        if len(alike) == 1 and rng.random() < 0.7:
            return shape, WORDS[language][shape.kind]
        if sum(s.colour == shape.colour for s in alike) == 1:
            space = " " if language == "en" else ""
            return shape, WORDS[language][shape.colour] + space + WORDS[language][shape.kind]
    return None, None


def colour_of(scene, rng, language):
    """What colour the only shape of its kind has."""
    for shape in rng.sample(scene.shapes, len(scene.shapes)):
        if sum(s.kind == shape.kind for s in scene.shapes) == 1:
            if language == "en":
                asked = f"What {rng.choice(('colour', 'colour', 'color'))} is the {shape.kind}?"
            else:
                asked = f"{WORDS['zh'][shape.kind]}是什么颜色？"
            return asked, sentence(WORDS[language][shape.colour], language)
    return exists(scene, rng, language)


def kind_of(scene, rng, language):
    """What shape the only thing of its colour has."""
    for shape in rng.sample(scene.shapes, len(scene.shapes)):
        if sum(s.colour == shape.colour for s in scene.shapes) == 1:
            asked = (f"What shape is {shape.colour}?" if language == "en"
                     else f"{WORDS['zh'][shape.colour]}的是什么图形？")
            return asked, sentence(WORDS[language][shape.kind], language)
    return exists(scene, rng, language)


def place_of(scene, rng, language):
    """Where one shape is."""
    shape, words = single_out(scene, rng, language)
    if shape is None:
        return count(scene, rng, language)
    asked = f"Where is the {words}?" if language == "en" else f"{words}在哪里？"
    return asked, sentence(PLACES[language][shape.cell], language)


def size_of(scene, rng, language):
    """Whether one shape is large or small."""
    shape, words = single_out(scene, rng, language)
    if shape is None:
        return count(scene, rng, language)
    asked = f"Is the {words} large or small?" if language == "en" else f"{words}是大的还是小的？"
    return asked, sentence(WORDS[language][shape.size], language)


def what_at(scene, rng, language):
    """What a cell of the layout holds."""
    cell = rng.choice(scene.shapes).cell if rng.random() < 0.75 else rng.randrange(CELLS)
    held = [s for s in scene.shapes if s.cell == cell]
    place = PLACES[language][cell]
    if language == "en":
        return f"What is {place}?", sentence(name(held[0], "en") if held else "nothing", "en")
    return f"{place}有什么？", sentence(name(held[0], "zh") if held else "没有图形", "zh")


ABOUT_ONE = (count, exists, colour_of, kind_of, place_of, size_of, what_at)


def follow_up(scene, rng, language):
    """A short question about one picture and its answer."""
    return rng.choice(ABOUT_ONE)(scene, rng, language)


def about_two(first, second, rng, language):
    """A question about two pictures and its answer."""
    choice = rng.random()
    if choice < 0.35:
        difference = len(second.shapes) - len(first.shapes)
        verdict = 2 if difference == 0 else int(difference > 0)
        return rng.choice(MORE[language]), MORE_ANSWER[language][verdict]
    which = rng.randrange(2)
    scene = (first, second)[which]
    if choice < 0.75:
        return rng.choice(DESCRIBE_ONE[language][which]), caption(scene, language)
    if language == "en":
        asked = f"How many shapes are in the {('first', 'second')[which]} picture?"
    else:
        asked = f"{('第一', '第二')[which]}张图片里有几个图形？"
    return asked, sentence(NUMBERS[language][len(scene.shapes)], language)
