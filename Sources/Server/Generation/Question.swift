import InternVL
import OpenAIMessages

/// A prompt that is about to be answered by a model, with what it holds until then.
struct Question: Sendable {
  let loaded: LoadedService
  let prompt: Prompt
  let options: GenerationOptions
  let delivery: Delivery
  /// Given back when the question is let go.
  private let place: Place

  init(
    loaded: LoadedService, prompt: Prompt, options: GenerationOptions, delivery: Delivery,
    place: Place
  ) {
    self.loaded = loaded
    self.prompt = prompt
    self.options = options
    self.delivery = delivery
    self.place = place
  }

  /// Begins to answer it.
  func ask() -> Answers {
    Answers(to: prompt, options: options, count: delivery.count, loaded: loaded, place: place)
  }
}

/// Turns requests into questions.
struct QuestionMaker: Sendable {
  let pool: ModelPool
  let pictures: PictureReader

  /// The question of a conversation; `instructions` end its system message.
  func question(
    _ conversation: WrittenConversation, instructions: String? = nil, model: String?,
    options: GenerationOptions, delivery: Delivery
  ) async throws(ServerError) -> Question {
    let (loaded, place) = try await pool.reserve(model, answers: delivery.count)
    let prompts = loaded.service.prompts
    let images = try await pictures.read(
      conversation.pictures, for: prompts, maxTiles: options.maxTiles)
    let prompt = try await Blocking.run { () throws(ServerError) in
      let messages =
        instructions.map {
          prompts.configuration.template.adding($0, to: conversation.messages)
        } ?? conversation.messages
      do throws(InternVLError) {
        return try prompts.prompt(
          Conversation(messages: messages, images: images),
          maxTiles: options.maxTiles)
      } catch {
        throw .conversation(error)
      }
    }
    return Question(
      loaded: loaded, prompt: prompt, options: options, delivery: delivery, place: place)
  }

  /// The question that is a text to be continued.
  func question(
    continuing text: String, model: String?, options: GenerationOptions, delivery: Delivery
  ) async throws(ServerError) -> Question {
    let (loaded, place) = try await pool.reserve(model, answers: delivery.count)
    let prompts = loaded.service.prompts
    let prompt = try await Blocking.run { () throws(ServerError) in
      do throws(InternVLError) {
        return try prompts.prompt(continuing: text)
      } catch {
        throw .conversation(error)
      }
    }
    return Question(
      loaded: loaded, prompt: prompt, options: options, delivery: delivery, place: place)
  }
}
