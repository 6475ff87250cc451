/** A reader of server-sent events for tests: fetch, and frames as they come. */

export interface Frame {
  readonly id: string | undefined;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
  readonly data: any;
}

export interface Stream extends AsyncIterable<Frame> {
  readonly response: Response;
  /** The next frames; fewer when the stream ends. */
  take(count: number): Promise<Frame[]>;
  close(): void;
}

export async function stream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  const gone = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: gone.signal });
  const frames = framesOf(response);
  return {
    response,
    [Symbol.asyncIterator]: () => frames,
    take: async (count) => {
      const taken: Frame[] = [];
      while (taken.length < count) {
        const { done, value } = await frames.next();
        if (done) break;
        taken.push(value);
      }
      return taken;
    },
    close: () => gone.abort(),
  };
}

async function* framesOf({ body }: Response): AsyncGenerator<Frame, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(bytes, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s, 2) as [string, string]));
      const event = fields.get("event");
      if (event !== undefined) yield { id: fields.get("id"), event, data: JSON.parse(fields.get("data") ?? "null") };
    }
  }
}
