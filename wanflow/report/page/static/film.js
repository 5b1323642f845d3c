// A cut in the browser: the file as last written, or the film as it would be now, played from takes without a file.

import { bindTransport, frameAt, isShown, nextSpeed, onKeys, playKey, rateOf, setFrame } from "./transport.js";

const films = new WeakMap();

/** The film of a cut on one timeline, in seconds; two players take turns, so that a join shows no gap. */
class Film {
  constructor(view) {
    this.view = view;
    this.stage = view.querySelector(".film-stage");
    this.players = [...this.stage.querySelectorAll(".film-player")];
    this.written = view.querySelector('[data-film-part="written"] video');
    this.sounds = [];
    this.at = 0;
    this.shown = -1;
    this.paused = true;
    this.speed = 1;
    this.onChange = () => {};
    this.refresh();
  }

  /** Read the timeline as the page has it now; the moment that is shown stays. */
  refresh() {
    const { dataset } = this.view;
    this.rate = rateOf(dataset.rate);
    this.length = Number(dataset.frames) / this.rate;
    this.items = [...this.view.querySelectorAll(".item")].map((element) => ({
      element,
      kind: element.dataset.kind,
      name: element.dataset.name,
      begin: Number(element.dataset.begin) / this.rate,
      end: Number(element.dataset.end) / this.rate,
      from: Number(element.dataset.from || 0),
      source: element.dataset.src ?? "",
      fileRate: rateOf(element.dataset.fileRate),
      text: element.dataset.text ?? "",
      ground: element.dataset.ground ?? "",
      slate: element.dataset.slate ?? "",
    }));
    this.lines = [...this.view.querySelectorAll(".line")].map(({ dataset: line }) => ({
      begin: Number(line.lineBegin) / this.rate,
      end: Number(line.lineEnd) / this.rate,
      text: line.text,
      notice: "notice" in line,
      place: line.place,
      edge: line.edge,
      height: Number(line.height),
    }));
    this.silence();
    this.sounds = [...this.view.querySelectorAll("[data-sound]")].filter(({ dataset: sound }) => sound.src).map(({ dataset: sound }) => ({
      source: sound.src,
      begin: Number(sound.begin) / this.rate,
      end: Number(sound.end) / this.rate,
      first: Number(sound.first),
      period: Number(sound.period),
      gain: 10 ** (Number(sound.gain) / 20),
      fade: Number(sound.fade),
      player: undefined,
    }));
    const [width, height] = (dataset.size ?? "16x9").split("x");
    this.stage.style.aspectRatio = `${width} / ${height}`;
    this.stage.style.setProperty("--shape", String(width / height));
    this.shown = -1;
    if (this.mode) this.showMode();
    if (this.paused || this.mode === "now") this.seekTo(Math.min(this.seconds, this.length));
  }

  get mode() {
    return this.view.dataset.jsFilmMode;
  }

  set mode(mode) {
    this.pause();
    this.view.dataset.jsFilmMode = mode;
    this.showMode();
    this.seekTo(this.at);
  }

  showMode() {
    const { mode } = this;
    for (const button of this.view.querySelectorAll("[data-film-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.filmMode === mode));
    }
    for (const part of this.view.querySelectorAll("[data-film-part]")) part.hidden = part.dataset.filmPart !== mode;
  }

  get seconds() {
    return this.mode === "written" && this.written ? this.written.currentTime : this.at;
  }

  get frame() {
    return Math.min(Math.max(0, Math.round(this.length * this.rate) - 1), frameAt(this.seconds, this.rate));
  }

  get index() {
    const found = this.items.findIndex((item) => this.seconds < item.end - 1e-6);
    return found < 0 ? this.items.length - 1 : found;
  }

  toggle() {
    if (this.paused) this.play(1);
    else this.pause();
  }

  shuttle(direction) {
    this.play(nextSpeed(this.speed, direction, this.paused));
  }

  play(speed) {
    if (!this.items.length && this.mode === "now") return;
    if (speed > 0 && this.seconds >= this.length - 0.6 / this.rate) this.seekTo(0);
    this.speed = speed;
    this.paused = false;
    if (this.mode === "written") {
      this.written.playbackRate = Math.max(1, speed);
      if (speed > 0) this.written.play().catch(() => this.pause());
      else this.written.pause();
    } else {
      this.show(true);
      this.playSounds();
    }
    this.last = performance.now();
    requestAnimationFrame(() => this.run());
    this.changed();
  }

  pause() {
    if (this.paused) return;
    const { frame } = this;
    this.paused = true;
    this.speed = 1;
    for (const player of [...this.players, this.written]) player?.pause();
    this.silence();
    this.seekTo(frame / this.rate);
  }

  step(frames) {
    const { frame } = this;
    this.pause();
    this.seekTo(Math.min(Math.max(0, frame + frames), Math.round(this.length * this.rate) - 1) / this.rate);
  }

  /** Show the frame of a moment: the middle of its time, so that rounding never shows its neighbour. */
  seekTo(seconds) {
    const last = Math.max(0, Math.round(this.length * this.rate) - 1);
    const frame = Math.min(last, Math.max(0, frameAt(seconds, this.rate)));
    this.at = (frame + 0.5) / this.rate;
    if (this.mode === "written" && this.written) {
      this.written.dataset.rate = this.view.dataset.rate;
      this.written.dataset.frames = String(1 << 30);
      setFrame(this.written, frame);
    } else {
      this.show(!this.paused);
      if (!this.paused) this.playSounds();
    }
    this.changed();
  }

  toItem(index) {
    const item = this.items[Math.min(Math.max(0, index), this.items.length - 1)];
    if (item) this.seekTo(item.begin);
  }

  /** Back to the begin of an item, and from there to the item before. */
  previous() {
    const item = this.items[this.index];
    this.toItem(item && this.seconds - item.begin > 1 / this.rate ? this.index : this.index - 1);
  }

  /** Show what is seen at this moment, and get the next item ready. */
  show(playing) {
    const { index } = this;
    const item = this.items[index];
    if (!item) return;
    const changed = index !== this.shown;
    this.shown = index;
    const player = item.kind === "video" ? this.playerOf(index) : undefined;
    for (const each of this.players) {
      each.classList.toggle("is-shown", each === player);
      if (each !== player) each.pause();
    }
    this.player = player;
    if (player) {
      const wanted = item.from + (this.at - item.begin);
      if (changed || !playing || Math.abs(player.currentTime - wanted) > 0.3) this.cue(player, wanted);
      player.playbackRate = Math.max(1, this.speed);
      if (playing && this.speed > 0) player.play().catch(() => {});
      else player.pause();
    }
    if (changed) this.draw(item);
    const after = this.items[index + 1];
    if (after?.kind === "video") this.cue(this.playerOf(index + 1, player), after.from + 0.5 / this.rate);
  }

  /** The player that has an item already, else the one that is free. */
  playerOf(index, taken) {
    const item = this.items[index];
    const free = this.players.filter((player) => player !== taken);
    const ready = free.find((player) => player.dataset.item === String(index) && player.getAttribute("src") === item.source);
    const player = ready ?? free.find((each) => each !== this.player) ?? free[0];
    if (player.getAttribute("src") !== item.source) player.src = item.source;
    player.dataset.item = String(index);
    return player;
  }

  cue(player, seconds) {
    if (Math.abs(player.currentTime - seconds) > 0.001) player.currentTime = seconds;
  }

  draw(item) {
    const find = (name) => this.stage.querySelector(name);
    const still = find(".film-still");
    still.hidden = item.kind !== "picture";
    if (item.kind === "picture") still.src = item.source;
    const title = find(".film-title");
    const { wordsMissing, wordsWaiting } = this.view.dataset;
    const lacks = { missing: wordsMissing, waiting: wordsWaiting }[item.kind];
    title.hidden = !lacks && item.kind !== "title";
    title.textContent = lacks ? lacks.replace("{name}", () => item.name) : item.text;
    title.classList.toggle("is-missing", Boolean(lacks));
    title.style.backgroundColor = item.ground;
    const slate = find(".film-slate");
    slate.hidden = !item.slate;
    slate.textContent = item.slate;
  }

  /** The texts over the picture, those at one place together: the first of them is nearest to its edge. */
  drawLines(lines) {
    const places = new Map();
    for (const line of lines) {
      const key = `${line.place} ${line.edge ?? ""} ${line.notice}`;
      places.set(key, [...(places.get(key) ?? []), line]);
    }
    const drawn = new Map([...this.stage.querySelectorAll(".film-line")].map((block) => [block.dataset.key, block]));
    for (const [key, [{ place, edge, notice, height }, ...others]] of places) {
      const texts = [places.get(key)[0], ...others].map((line) => line.text);
      const block = drawn.get(key) ?? document.createElement("p");
      if (!drawn.delete(key)) this.stage.append(block);
      block.className = notice ? "film-line is-notice" : "film-line";
      block.dataset.key = key;
      block.textContent = (place === "top" ? texts : texts.reverse()).join("\n");
      const [width, above] = (this.view.dataset.size ?? "16x9").split("x").map(Number);
      block.style.fontSize = `${(height * 1.4 * Math.min(width, above)) / width}cqw`; // capitals are 0.7 of their letters' size
      Object.assign(block.style, { top: "auto", bottom: "auto", [place]: edge === undefined ? (notice ? "4%" : "10%") : `${edge}%` });
    }
    for (const block of drawn.values()) block.remove();
  }

  fail(item) {
    const title = this.stage.querySelector(".film-title");
    title.hidden = false;
    title.classList.add("is-missing");
    title.textContent = this.view.dataset.wordsBroken.replace("{name}", item.name);
  }

  /** Play the sounds of this moment; each has a player while it is heard. */
  playSounds() {
    const { at } = this;
    for (const sound of this.sounds) {
      if (at < sound.begin || at >= sound.end || this.speed < 0) {
        sound.player?.pause();
        sound.player = undefined;
        continue;
      }
      const player = (sound.player ??= new Audio(sound.source));
      const played = at - sound.begin;
      const edge = sound.fade ? Math.min(1, played / sound.fade, (sound.end - at) / sound.fade) : 1;
      const moment = sound.first + (sound.period ? played % sound.period : played);
      player.volume = Math.min(1, Math.max(0, sound.gain * edge));
      player.playbackRate = Math.max(1, this.speed);
      if (Math.abs(player.currentTime - moment) > 0.25) player.currentTime = moment;
      if (player.paused) player.play().catch(() => {});
    }
  }

  silence() {
    for (const sound of this.sounds) {
      sound.player?.pause();
      sound.player = undefined;
    }
  }

  run() {
    if (this.paused) return;
    const now = performance.now();
    const passed = ((now - this.last) / 1000) * this.speed;
    this.last = now;
    if (this.mode === "written") {
      if (this.speed < 0 && !this.written.seeking) this.written.currentTime = Math.max(0, this.written.currentTime + passed);
      if (this.written.ended || (this.speed < 0 && this.seconds <= 0)) return this.pause();
    } else if (!this.advance(passed)) {
      return this.pause();
    }
    this.changed();
    requestAnimationFrame(() => this.run());
  }

  /** Go on by some seconds; a take that is playing has its own clock. False at an end of the film. */
  advance(passed) {
    const item = this.items[this.shown];
    const { player } = this;
    const plays = player && this.speed > 0 && !player.error;
    if (player?.error) this.fail(item);
    if (plays && (player.seeking || player.readyState < 2)) return true;
    this.at = plays && !player.ended ? item.begin + Math.max(0, player.currentTime - item.from) : this.at + passed;
    if (this.at >= this.length - 0.25 / this.rate || this.at <= 0) {
      this.at = Math.min(Math.max(0, this.at), this.length);
      return false;
    }
    if (this.index !== this.shown) {
      if (this.speed > 0) this.at = this.items[this.index].begin + 0.5 / this.rate;
      this.show(true);
    } else if (this.speed < 0 && player && !player.seeking) {
      this.cue(player, item.from + (this.at - item.begin));
    }
    this.playSounds();
    return true;
  }

  changed() {
    const { index, view, seconds } = this;
    const share = this.length ? `${Math.min(100, (seconds / this.length) * 100)}%` : "0%";
    const head = view.querySelector("[data-playhead]");
    head?.setAttribute("x1", share);
    head?.setAttribute("x2", share);
    view.classList.toggle("js-former", this.mode === "written" && view.dataset.state !== "current");
    this.items.forEach(({ element }, number) => element.classList.toggle("js-playing", number === index));
    view.querySelectorAll("[data-row]").forEach((row, number) => row.toggleAttribute("aria-current", number === index));
    this.drawLines(this.lines.filter((each) => each.begin <= seconds && seconds < each.end));
    this.onChange();
  }
}

function filmOf(view) {
  if (!films.has(view) && view.querySelector(".film-stage")) {
    const film = new Film(view);
    films.set(view, film);
    bindTransport(view.querySelector(":scope > .transport"), film, view.dataset, {
      previous: () => film.previous(),
      next: () => film.toItem(film.index + 1),
    });
    view.addEventListener("click", (event) => click(film, event));
    view.addEventListener("dblclick", (event) => {
      const link = event.target.closest(".item")?.dataset.shotLink;
      if (link) location.assign(link);
    });
    view.addEventListener("keydown", (event) => {
      const item = event.target.closest?.(".item [role=button]")?.closest(".item");
      if (item && ["Enter", " "].includes(event.key)) {
        event.preventDefault();
        film.toItem(Number(item.dataset.item) - 1);
      }
    });
    film.mode = view.querySelector('[data-film-mode][aria-pressed="true"]')?.dataset.filmMode ?? "now";
  }
  return films.get(view);
}

function click(film, event) {
  const mode = event.target.closest("button[data-film-mode]");
  if (mode) film.mode = mode.dataset.filmMode;
  if (event.target.closest(".film-stage")) film.toggle();
  const item = event.target.closest(".item");
  if (!item || event.detail === 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  film.toItem(Number(item.dataset.item) - 1);
}

onKeys((event) => {
  const view = [...document.querySelectorAll("[data-film]")].find(isShown);
  const film = view && filmOf(view);
  if (!film) return false;
  switch (event.key) {
    case "m": {
      const other = view.querySelector('button[data-film-mode][aria-pressed="false"]:not(:disabled)');
      if (other) film.mode = other.dataset.filmMode;
      return true;
    }
    case "[": film.previous(); return true;
    case "]": film.toItem(film.index + 1); return true;
    case "Enter": {
      const link = film.items[film.index]?.element.dataset.shotLink;
      if (link) location.assign(link);
      return Boolean(link);
    }
    default: return playKey(film, event.key);
  }
});

function setUp() {
  for (const view of document.querySelectorAll("[data-film]")) if (isShown(view)) filmOf(view);
}

/** A pick is seen at once: where the page changed, the film reads its timeline again. */
document.addEventListener("page:merged", () => {
  const view = [...document.querySelectorAll("[data-film]")].find(isShown);
  if (films.has(view)) films.get(view).refresh();
  else setUp();
});
addEventListener("hashchange", () => requestAnimationFrame(setUp));
setUp();
