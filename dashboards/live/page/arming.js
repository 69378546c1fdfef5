// What is dangerous is pressed twice: the first press arms it for three seconds, the second
// one fires. A double click by accident is one press.
export const armedFor = 3000, tooSoon = 300;

export class Arming {
  constructor(now = () => performance.now()) { this.now = now; this.what = null; this.at = 0; }

  // press is "armed", "fire", or "ignored" for a second press that came too soon.
  press(what) {
    if (this.armed() === what) {
      if (this.now() - this.at < tooSoon) return "ignored";
      this.what = null;
      return "fire";
    }
    this.what = what;
    this.at = this.now();
    return "armed";
  }

  // armed is what a second press fires, null for nothing.
  armed() {
    if (this.what !== null && this.now() - this.at >= armedFor) this.what = null;
    return this.what;
  }

  left() { return Math.ceil((armedFor - (this.now() - this.at)) / 1000); }

  disarm() {
    const was = this.armed();
    this.what = null;
    return was !== null;
  }
}
