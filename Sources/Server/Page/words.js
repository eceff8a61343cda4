// All that the page says, in English and Chinese.

const english = {
  addPictures: "Add pictures",
  answer: "Answer",
  answering: "Answering …",
  ask: "Ask",
  cancel: "Cancel",
  cannotRead: (name) => `${name} cannot be read`,
  contextLeft: (left, total) => `${left} of ${total} tokens left`,
  contextOver: (over) => `${over} tokens too many`,
  contextUsed: "Context used",
  conversation: "Conversation",
  conversationMenu: "The conversation",
  copied: "Copied",
  copyCurl: "Copy as curl",
  copyFailed: "The browser does not let this page copy",
  copyPython: "Copy as Python",
  cut: (columns, rows, hasThumbnail) =>
    `${columns} × ${rows} tiles${hasThumbnail ? " + thumbnail" : ""}`,
  cutOne: "1 tile",
  dropHere: "Drop pictures here",
  edit: "Edit",
  editing: "You are editing a question. What follows it will be replaced.",
  failed: "No answer",
  firstToken: (seconds) => `first token after ${seconds} s`,
  key: "API key",
  keyNeeded: "This server asks for a key",
  keys: "Enter asks, Shift and Enter begin a new line, Escape stops an answer.",
  languageName: "English",
  load: "Open",
  loading: (progress) => `The model is being loaded ${progress}`,
  lost: "The connection to the server was lost",
  model: "Model",
  noPicture: (name) => `${name} is not a picture`,
  noPreview: "no preview",
  notConversation: "This file is not a conversation",
  photograph: "Take a photo",
  pictures: "Pictures of this question",
  question: "Question",
  questionHint: "Ask about a picture",
  remove: (name) => `Remove ${name}`,
  save: "Save",
  speed: (rate) => `${rate} tokens/s`,
  startOver: "New",
  stop: "Stop",
  stopped: "stopped",
  system: "Instructions",
  thought: "Thought",
  tokens: (count) => `${count} tokens`,
  tooLong: "cut off at the limit of tokens",
  useKey: "Use this key",
  welcome: "What is in the picture?",
  welcomeHow: "Drop pictures here, paste them, or add them below. They stay between this page and the server.",
};

const chinese = {
  addPictures: "添加图片",
  answer: "回答",
  answering: "正在回答……",
  ask: "提问",
  cancel: "取消",
  cannotRead: (name) => `无法读取 ${name}`,
  contextLeft: (left, total) => `剩余 ${left} / ${total} 个 token`,
  contextOver: (over) => `超出 ${over} 个 token`,
  contextUsed: "已用上下文",
  conversation: "对话",
  conversationMenu: "对话操作",
  copied: "已复制",
  copyCurl: "复制为 curl",
  copyFailed: "浏览器不允许本页复制",
  copyPython: "复制为 Python",
  cut: (columns, rows, hasThumbnail) =>
    `${columns} × ${rows} 个图块${hasThumbnail ? " + 缩略图" : ""}`,
  cutOne: "1 个图块",
  dropHere: "把图片拖放到这里",
  edit: "编辑",
  editing: "正在编辑问题，其后的内容将被替换。",
  failed: "没有回答",
  firstToken: (seconds) => `首个 token 用时 ${seconds} 秒`,
  key: "API 密钥",
  keyNeeded: "此服务器需要密钥",
  keys: "按 Enter 提问，按 Shift 加 Enter 换行，按 Esc 停止回答。",
  languageName: "中文",
  load: "打开",
  loading: (progress) => `正在加载模型 ${progress}`,
  lost: "与服务器的连接已断开",
  model: "模型",
  noPicture: (name) => `${name} 不是图片`,
  noPreview: "无法预览",
  notConversation: "此文件不是对话",
  photograph: "拍照",
  pictures: "此问题的图片",
  question: "问题",
  questionHint: "就图片提问",
  remove: (name) => `移除 ${name}`,
  save: "保存",
  speed: (rate) => `${rate} token/秒`,
  startOver: "新对话",
  stop: "停止",
  stopped: "已停止",
  system: "指令",
  thought: "思考过程",
  tokens: (count) => `${count} 个 token`,
  tooLong: "达到 token 上限，已截断",
  useKey: "使用此密钥",
  welcome: "图片里有什么？",
  welcomeHow: "把图片拖到这里、粘贴，或在下方添加。图片只在本页与服务器之间传送。",
};

const languages = { en: english, zh: chinese };
let language = localStorage.getItem("language");
if (!(language in languages)) language = navigator.language.startsWith("zh") ? "zh" : "en";

/** The text of a name in the page's language; values go where the text has them. */
export function say(name, ...values) {
  const text = languages[language][name];
  return typeof text === "function" ? text(...values) : text;
}

/** A number as the page's language writes it, with so many digits after the point. */
export function number(value, digits = 0) {
  return value.toLocaleString(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** Fills in the texts, labels and hints of an element and what is in it. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-word]")) {
    element.textContent = say(element.dataset.word);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
  for (const element of root.querySelectorAll("[data-hint]")) {
    element.placeholder = say(element.dataset.hint);
  }
}

/** The other language: its code and its own name. */
export function otherLanguage() {
  const code = language === "en" ? "zh" : "en";
  return { code, name: languages[code].languageName };
}

/** Takes a language for the page, now and next time. */
export function useLanguage(code) {
  language = code;
  localStorage.setItem("language", code);
}

/** The page's language as a value of `lang`. */
export function languageCode() {
  return language;
}
