// Questions to the service, and the live stream.

const kTokenKey = 'eventcore-token';
/** Without a text for so long the connection is taken to be lost. */
const kSilence = 6000;
const kPauseMax = 10000;

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export const token = {
  get: () => sessionStorage.getItem(kTokenKey) ?? '',
  set(value) {
    if (value) sessionStorage.setItem(kTokenKey, value);
    else sessionStorage.removeItem(kTokenKey);
  },
};

function headers(more) {
  const value = token.get();
  return value ? {...more, Authorization: 'Bearer ' + value} : {...more};
}

async function problemOf(response) {
  let detail = response.statusText;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch {
    // A proxy may answer with something else.
  }
  return new ApiError(response.status, detail);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Asks; a service that is busy is asked again. */
export async function get(path, parameters = {}) {
  const query = new URLSearchParams(
    Object.entries(parameters).filter(([, value]) => value !== undefined && value !== ''));
  const url = path + (query.size ? '?' + query : '');
  for (let attempt = 1; ; ++attempt) {
    let response;
    try {
      response = await fetch(url, {headers: headers(), cache: 'no-store'});
    } catch {
      throw new ApiError(0, 'The service does not answer.');
    }
    if (response.ok) return response.json();
    if (response.status !== 503 || attempt === 4) throw await problemOf(response);
    await pause(250 * attempt);
  }
}

export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: headers({'Content-Type': 'application/json'}),
      body: JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, 'The service does not answer.');
  }
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** Follows the live stream, and begins again whenever it ends. */
export class Live extends EventTarget {
  #attempt = 0;
  #abort = null;
  #wake = null;

  /** Begins, or begins anew at once. */
  start() {
    if (this.#abort) {
      this.#attempt = 0;
      this.#abort.abort();
      this.#wake?.();
    } else {
      this.#run();
    }
  }

  async #run() {
    for (;;) {
      this.#abort = new AbortController();
      try {
        await this.#follow(this.#abort);
        this.#tell('lost', new ApiError(0, 'The service has ended the connection.'));
      } catch (error) {
        this.#tell('lost', error instanceof ApiError
          ? error : new ApiError(0, 'The service does not answer.'));
      }
      const wait = Math.min(kPauseMax, 500 * 2 ** this.#attempt++) * (0.75 + Math.random() / 2);
      await Promise.race([pause(wait), new Promise((resolve) => { this.#wake = resolve; })]);
    }
  }

  async #follow(abort) {
    let timer;
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), kSilence);
    };
    try {
      watch();
      const response = await fetch('/api/live',
        {headers: headers(), signal: abort.signal, cache: 'no-store'});
      if (!response.ok) throw await problemOf(response);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ;) {
        const {value, done} = await reader.read();
        if (done) return;
        watch();
        text += value;
        for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
          const line = text.slice(0, end).split('\n').find((part) => part.startsWith('data: '));
          if (!line) continue;
          this.#attempt = 0;
          this.#tell('overview', JSON.parse(line.slice(6)));
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}
