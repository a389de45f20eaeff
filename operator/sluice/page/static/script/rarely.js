// What follows something that may change many times a second is asked for every two seconds at most.

const AT_MOST_EVERY_MS = 2000;
const AGAIN_MS = 10_000;

export class Rarely {
  constructor() {
    this.of = "";
    this.at = 0;
  }

  /**
   * Calls `look` as soon as it may be: at once if it is about something else than before. For an effect: what is returned
   * takes it back. With `goesOn` it is called again every ten seconds, for what nobody tells of.
   * @param {string} of
   * @param {() => void} look
   * @param {boolean} [goesOn]
   */
  soon(of, look, goesOn = false) {
    let waiting = 0;
    const ask = () => {
      this.of = of;
      this.at = Date.now();
      look();
      if (goesOn) waiting = setTimeout(ask, AGAIN_MS);
    };
    waiting = setTimeout(ask, of === this.of ? Math.max(0, this.at + AT_MOST_EVERY_MS - Date.now()) : 0);
    return () => clearTimeout(waiting);
  }
}
