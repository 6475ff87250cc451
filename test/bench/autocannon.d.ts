/** The part of autocannon the benches use; the package brings no types. */
declare module "autocannon" {
  namespace autocannon {
    interface Request {
      readonly method: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Called before every request. */
      readonly setupRequest?: (request: Request) => Request;
    }
    interface Options {
      readonly url: string;
      readonly connections: number;
      /** In seconds. */
      readonly duration: number;
      readonly requests: readonly Request[];
    }
    interface Result {
      readonly "2xx": number;
      readonly non2xx: number;
      readonly errors: number;
      /** In seconds. */
      readonly duration: number;
    }
  }
  function autocannon(options: autocannon.Options): Promise<autocannon.Result>;
  export default autocannon;
}
