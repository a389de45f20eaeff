// What follows something that may change many times a second is asked for every two seconds at most.

const AT_MOST_EVERY_MS = 2000;

export class Rarely {
  constructor() {
    this.of = "";
    this.at = 0;
  }

  /**
   * Calls `look` as soon as it may be: at once if it is about something else than before. For an effect: what is returned
   * takes it back.
   * @param {string} of
   * @param {() => void} look
   */
  soon(of, look) {
    const wait = of === this.of ? this.at + AT_MOST_EVERY_MS - Date.now() : 0;
    const waiting = setTimeout(() => {
      this.of = of;
      this.at = Date.now();
      look();
    }, Math.max(0, wait));
    return () => clearTimeout(waiting);
  }
}
