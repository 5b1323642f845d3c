// Two takes compared: side by side, by a wipe with a line that moves, or by blinking.

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
  dialog.showModal();
  state.group.seekTo(seconds);
  dialog.querySelector('[data-do="play"]').focus();
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
    const button = event.target.closest("[data-mode]");
    if (button?.matches("button")) setMode(state, button.dataset.mode);
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
}

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
    case "c": state.dialog.close(); return true;
    default: return state.group.key(pressed);
  }
}
