// Films in step: one clock for several players, exact frames, and the keys that editors know.

const drift = 1.6; // frames that players may be apart
const speeds = [1, 2, 4, 8];
const handlers = [];

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : element.getClientRects().length > 0;
}

/** Frames a second of a text such as `30000/1001`. */
export function rateOf(text) {
  const [over, under] = (text || "30").split("/").map(Number);
  return over / (under || 1);
}

export function clockText(seconds) {
  const whole = Math.max(0, seconds);
  const minutes = Math.floor(whole / 60);
  return `${minutes}:${(whole - 60 * minutes).toFixed(2).padStart(5, "0")}`;
}

/** Show a frame: the middle of its time, so that rounding never shows its neighbour. */
export function setFrame(player, frame) {
  const rate = rateOf(player.dataset.rate);
  const last = Math.max(0, Number(player.dataset.frames || 1) - 1);
  player.currentTime = (Math.min(Math.max(0, frame), last) + 0.5) / rate;
}

export function frameAt(seconds, rate) {
  return Math.floor(seconds * rate + 0.01);
}

let former = "";

/** A key goes to the first handler that takes it, unless a field or a button has its own use of it. */
export function onKeys(handle) {
  handlers.push(handle);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  const prefix = former;
  former = event.key;
  if (prefix === "g") return; // the second key of a row that goes to a view
  if (target.matches?.("input:not([type=range]), textarea, select, [contenteditable]")) return;
  if (target.matches?.("input[type=range]") && event.key.startsWith("Arrow")) return;
  if (["Enter", " "].includes(event.key) && target.closest?.("button, a, summary, select, [role=button]")) return;
  const open = document.querySelector("dialog[open]");
  if (open && !open.matches(".compare")) return;
  for (const handle of handlers) {
    if (handle(event)) {
      event.preventDefault();
      return;
    }
  }
});

/** Buttons, slider and clock of something that plays: it has `toggle`, `step`, `seekTo`, `seconds`, `length`. */
export function bindTransport(bar, playing, words, more = {}) {
  const find = (name) => bar.querySelector(`[data-do="${name}"]`);
  const show = (name) => bar.querySelector(`[data-show="${name}"]`);
  const actions = { play: () => playing.toggle(), step: () => playing.step(1), "step-back": () => playing.step(-1), ...more };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) actions[button.dataset.do]?.();
  });
  const slider = find("seek");
  slider?.addEventListener("input", () => playing.seekTo((playing.length * slider.value) / slider.max));
  playing.onChange = () => {
    const { seconds, length, frame, paused, speed } = playing;
    find("play").textContent = paused ? words.wordsPlay : words.wordsPause;
    show("time").textContent = clockText(seconds);
    show("frame").textContent = words.wordsFrame.replace("{frame}", frame);
    if (slider && document.activeElement !== slider) slider.value = length ? (seconds / length) * slider.max : 0;
    slider?.setAttribute("aria-valuetext", clockText(seconds));
    const shown = show("speed");
    if (shown) {
      shown.hidden = speed === 1 || paused;
      shown.textContent = words.wordsSpeed.replace("{speed}", speed);
    }
  };
}

/** The keys of everything that plays: space, arrows, J K L. */
export function playKey(playing, key) {
  switch (key) {
    case " ": playing.toggle(); return true;
    case "ArrowLeft": playing.step(-1); return true;
    case "ArrowRight": playing.step(1); return true;
    case "j": case "J": playing.shuttle(-1); return true;
    case "k": case "K": playing.pause(); return true;
    case "l": case "L": playing.shuttle(1); return true;
    case "Home": playing.seekTo(0); return true;
    case "End": playing.seekTo(playing.length); return true;
    default: return false;
  }
}

/** The next speed of J or L: faster in the same direction, else once. */
export function nextSpeed(speed, direction, paused) {
  if (paused || Math.sign(speed) !== direction) return direction;
  const at = speeds.indexOf(Math.abs(speed));
  return direction * speeds[Math.min(at + 1, speeds.length - 1)];
}

/** Several films that play in step; `players` gives those that are shown now. */
export class PlayerGroup {
  constructor(players) {
    this.players = players;
    this.leading = () => undefined;
    this.onChange = () => {};
    this.speed = 1;
    this.paused = true;
    this.presented = new WeakMap();
  }

  get films() {
    return this.players().filter((player) => !player.error);
  }

  /** The film whose clock counts: the longest, so that none is cut short. */
  get leader() {
    return this.films.reduce((longest, each) => (!longest || lengthOf(each) > lengthOf(longest) ? each : longest), undefined);
  }

  get seconds() {
    return this.leader?.currentTime ?? 0;
  }

  get length() {
    return this.leader ? lengthOf(this.leader) : 0;
  }

  /** The frame of the take in focus, as the browser presented it where it says so. */
  get frame() {
    const film = this.leading() ?? this.leader;
    if (!film) return 0;
    const rate = rateOf(film.dataset.rate);
    const last = Math.max(0, Number(film.dataset.frames || 1) - 1);
    const told = this.paused || this.speed < 0 ? undefined : this.presented.get(film);
    return Math.min(last, told === undefined ? frameAt(film.currentTime, rate) : Math.round(told * rate));
  }

  toggle() {
    if (this.paused) this.play(1);
    else this.pause();
  }

  play(speed) {
    const leader = this.leader;
    if (!leader) return;
    this.speed = speed;
    this.paused = false;
    if (speed > 0) {
      const at = this.seconds >= this.length - 0.6 / rateOf(leader.dataset.rate) ? 0 : this.seconds;
      for (const film of this.films) {
        this.watch(film);
        film.playbackRate = speed;
        if (Math.abs(film.currentTime - at) > 0.02) film.currentTime = Math.min(at, lengthOf(film));
        film.play().catch(() => {});
      }
    } else {
      for (const film of this.films) film.pause();
    }
    this.last = performance.now();
    this.run();
  }

  pause() {
    const frame = this.frame;
    this.paused = true;
    for (const film of this.films) film.pause();
    const film = this.leading() ?? this.leader;
    if (film) this.seekTo((frame + 0.5) / rateOf(film.dataset.rate));
    this.onChange();
  }

  shuttle(direction) {
    this.play(nextSpeed(this.speed, direction, this.paused));
  }

  step(frames) {
    if (!this.paused) this.pause();
    const film = this.leading() ?? this.leader;
    if (!film) return;
    const rate = rateOf(film.dataset.rate);
    const last = Math.max(0, Math.round(this.length * rate) - 1);
    const frame = Math.min(last, Math.max(0, this.frameOfClock(rate) + frames));
    this.seekTo((frame + 0.5) / rate);
  }

  frameOfClock(rate) {
    return frameAt(this.seconds, rate);
  }

  seekTo(seconds) {
    for (const film of this.films) {
      const rate = rateOf(film.dataset.rate);
      setFrame(film, frameAt(Math.min(seconds, lengthOf(film)), rate));
    }
    this.onChange();
  }

  key(key) {
    return playKey(this, key);
  }

  refresh() {
    for (const film of this.films) {
      film.addEventListener("loadedmetadata", () => this.onChange(), { once: true });
      film.addEventListener("seeked", () => this.onChange());
    }
    this.onChange();
  }

  watch(film) {
    if (!film.requestVideoFrameCallback) return;
    const tell = (_, facts) => {
      this.presented.set(film, facts.mediaTime);
      if (!this.paused) film.requestVideoFrameCallback(tell);
    };
    film.requestVideoFrameCallback(tell);
  }

  run() {
    if (this.paused) return;
    const leader = this.leader;
    const now = performance.now();
    if (!leader) return;
    if (this.speed < 0) {
      const seconds = this.seconds + ((now - this.last) / 1000) * this.speed;
      if (!leader.seeking) {
        this.last = now;
        for (const film of this.films) film.currentTime = Math.max(0, Math.min(seconds, lengthOf(film)));
      }
      if (seconds <= 0) return this.pause();
    } else {
      for (const film of this.films) {
        const apart = Math.abs(film.currentTime - leader.currentTime) * rateOf(film.dataset.rate);
        const over = leader.currentTime > lengthOf(film);
        if (film !== leader && !over && apart > drift * Math.max(1, this.speed) && !film.seeking) film.currentTime = leader.currentTime;
      }
      if (leader.ended) return this.pause();
    }
    this.onChange();
    requestAnimationFrame(() => this.run());
  }
}

/** How long a film plays: by its frames, which are known before it is loaded. */
function lengthOf(player) {
  return Number(player.dataset.frames || 0) / rateOf(player.dataset.rate) || player.duration || 0;
}
