// Two takes compared: side by side, by a wipe with a line that moves, or by blinking; each of them zoomed or whole.

import { bindTransport, calm, onKeys, PlayerGroup } from "./transport.js";

const blinkMilliseconds = 700;
const states = new WeakMap();

export function compareTakes(dialog, takes, left, right, seconds) {
  const state = stateOf(dialog);
  const chosen = [left, right];
  state.takes = takes;
  dialog.querySelectorAll("select[data-side]").forEach((select, side) => {
    select.replaceChildren(
      ...takes.map((take) => {
        const words = dialog.dataset.wordsTake.replace("{number}", take.dataset.take);
        return new Option(words, take.dataset.take, false, take === chosen[side]);
      }),
    );
    place(state, side, chosen[side]);
  });
  setMode(state, state.mode);
  setZoom(state, false);
  dialog.showModal();
  state.group.seekTo(seconds);
  const films = state.group.films.length > 0;
  dialog.querySelector(films ? '[data-do="play"]' : '[data-mode][aria-pressed="true"]').focus();
}

function stateOf(dialog) {
  if (states.has(dialog)) return states.get(dialog);
  const state = { dialog, takes: [], mode: "sides", upper: 1, timer: 0 };
  states.set(dialog, state);
  state.stage = dialog.querySelector(".compare-stage");
  state.line = dialog.querySelector(".wipe-line");
  state.range = dialog.querySelector(".wipe-range input");
  state.group = new PlayerGroup(() => [...state.stage.querySelectorAll("video")]);
  bindTransport(dialog.querySelector(".transport"), state.group, {
    ...dialog.closest("[data-players]").dataset,
    wordsPlay: dialog.querySelector('[data-do="play"]').textContent,
  });
  dialog.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.mode) setMode(state, button.dataset.mode);
    if (button && "zoom" in button.dataset) setZoom(state, !state.zoomed);
  });
  dialog.querySelectorAll("select[data-side]").forEach((select, side) => {
    select.addEventListener("change", () => {
      const { seconds } = state.group;
      place(state, side, state.takes.find((take) => take.dataset.take === select.value));
      state.group.seekTo(seconds);
    });
  });
  state.range.addEventListener("input", () => setWipe(state, Number(state.range.value)));
  for (const kind of ["pointerdown", "pointermove"]) state.stage.addEventListener(kind, (event) => drag(state, event));
  state.stage.addEventListener("pointermove", (event) => look(state, event));
  dialog.addEventListener("close", () => {
    clearInterval(state.timer);
    state.group.pause();
    state.takes.find((take) => take.isConnected && take.classList.contains("js-focused"))?.focus();
  });
  onKeys((event) => dialog.open && key(state, event.key));
  return state;
}

/** A player, or a picture, of one take; the sound is that of the right side. */
function place(state, side, take) {
  const of = take.querySelector("video.player, .still");
  const copy = of.cloneNode();
  copy.removeAttribute("id");
  copy.removeAttribute("controls");
  copy.preload = "auto";
  copy.muted = side === 0;
  const number = document.createElement("kbd");
  number.className = "number";
  number.textContent = take.dataset.take;
  state.stage.querySelector(`.compare-side[data-side="${side}"]`).replaceChildren(copy, number);
  state.group.refresh();
  state.dialog.querySelector(":scope > .transport").hidden = !state.group.films.length;
}

/** Pixels as they are, or twice the size where that is more; both sides show the same place. */
function setZoom(state, zoomed) {
  state.zoomed = zoomed;
  state.stage.toggleAttribute("data-zoomed", zoomed);
  state.dialog.querySelector("[data-zoom]").setAttribute("aria-pressed", String(zoomed));
  const [shown] = state.stage.querySelectorAll(".compare-side :is(video, img)");
  const pixels = shown?.naturalWidth || shown?.videoWidth || 0;
  state.stage.style.setProperty("--zoom", String(Math.max(2, pixels / (shown?.clientWidth || 1))));
  setPlace(state, 50, 50);
}

function setPlace(state, across, down) {
  state.place = [across, down].map((percent) => Math.min(100, Math.max(0, percent)));
  state.stage.style.setProperty("--across", `${state.place[0]}%`);
  state.stage.style.setProperty("--down", `${state.place[1]}%`);
}

/** The place under the pointer is shown, on whichever side it is. */
function look(state, event) {
  const side = event.target.closest?.(".compare-side");
  if (!state.zoomed || !side || (state.mode === "wipe" && event.buttons & 1)) return;
  const box = side.getBoundingClientRect();
  setPlace(state, ((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100);
}

const arrows = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] };

function setMode(state, mode) {
  state.mode = mode;
  state.stage.dataset.mode = mode;
  for (const button of state.dialog.querySelectorAll("button[data-mode]")) {
    button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }
  state.line.hidden = mode !== "wipe";
  state.range.closest("label").hidden = mode !== "wipe";
  setWipe(state, Number(state.range.value));
  clearInterval(state.timer);
  state.upper = 1;
  state.stage.dataset.upper = "1";
  if (mode === "blink" && !calm.matches) state.timer = setInterval(() => blink(state), blinkMilliseconds);
}

function blink(state) {
  state.upper = 1 - state.upper;
  state.stage.dataset.upper = String(state.upper);
}

function setWipe(state, percent) {
  state.range.value = String(percent);
  state.stage.style.setProperty("--wipe", `${percent}%`);
}

function drag(state, event) {
  if (state.mode !== "wipe" || !(event.buttons & 1)) return;
  event.preventDefault();
  if (event.type === "pointerdown") state.stage.setPointerCapture(event.pointerId);
  const box = state.stage.getBoundingClientRect();
  setWipe(state, Math.round(Math.min(100, Math.max(0, ((event.clientX - box.left) / box.width) * 100))));
}

function key(state, pressed) {
  if (state.zoomed && arrows[pressed] && (!state.group.films.length || !["ArrowLeft", "ArrowRight"].includes(pressed))) {
    setPlace(state, state.place[0] + arrows[pressed][0], state.place[1] + arrows[pressed][1]);
    return true;
  }
  switch (pressed.toLowerCase()) {
    case "s": setMode(state, "sides"); return true;
    case "w":
      setMode(state, "wipe");
      state.range.focus();
      return true;
    case "b":
      if (state.mode === "blink") blink(state); // by hand, where motion is not wanted
      else setMode(state, "blink");
      return true;
    case "z": setZoom(state, !state.zoomed); return true;
    case "c": state.dialog.close(); return true;
    default: return state.group.key(pressed);
  }
}
