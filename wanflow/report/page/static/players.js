// The players of a shot in step: one clock, one set of keys; and what each pick would do, asked in turn.

import { compareTakes } from "./compare.js";
import { bindTransport, isShown, onKeys, PlayerGroup } from "./transport.js";

const answers = new Map();

/** The view of a shot that is shown: one of many in a report. */
function shownShot() {
  return [...document.querySelectorAll("[data-players]")].find(isShown);
}

/** The takes of a view that are shown, closed earlier requests left out. */
function takesOf(view) {
  return [...view.querySelectorAll(".take")].filter(isShown);
}

function focusedTake(view) {
  return view.querySelector(".take:focus, .take:focus-within") ?? view.querySelector(".take.js-focused");
}

const groups = new WeakMap();

function groupOf(view) {
  if (!groups.has(view)) {
    const group = new PlayerGroup(() => takesOf(view).map((take) => take.querySelector("video.player")).filter(Boolean));
    group.leading = () => focusedTake(view)?.querySelector("video.player");
    groups.set(view, group);
    bindTransport(view.querySelector(".takes-side > .transport"), group, view.dataset, {
      compare: () => openComparison(view),
    });
    view.addEventListener("focusin", (event) => focus(view, event.target.closest(".take")));
    view.addEventListener("click", (event) => {
      if (event.target.matches("video.player")) {
        event.preventDefault();
        event.target.closest(".take").focus({ preventScroll: true });
        group.toggle();
      }
    });
    view.addEventListener("toggle", () => setUp(), true);
  }
  return groups.get(view);
}

/** The sound is that of the take in focus. */
function focus(view, take) {
  if (!take) return;
  for (const other of view.querySelectorAll(".take")) {
    other.classList.toggle("js-focused", other === take);
    const player = other.querySelector("video.player");
    if (player) player.muted = other !== take;
  }
}

function openComparison(view) {
  const takes = takesOf(view).filter((take) => take.querySelector("video.player, .still"));
  const one = focusedTake(view) ?? takes[0];
  const chosen = takes.find((take) => take.dataset.picked && take !== one);
  const other = chosen ?? takes.find((take) => take !== one);
  if (!one || !other) return;
  const group = groupOf(view);
  group.pause();
  const [left, right] = chosen ? [chosen, one] : [one, other];
  compareTakes(view.querySelector("dialog.compare"), takes, left, right, group.seconds);
}

function pick(take) {
  const form = take?.querySelector("form.pick");
  const button = form?.querySelector("button:not(:disabled)");
  if (button) form.requestSubmit(button);
  return Boolean(button);
}

onKeys((event) => {
  const view = shownShot();
  if (!view) return false;
  const dialog = view.querySelector("dialog.compare");
  if (dialog?.open) return false;
  const group = groupOf(view);
  const number = /^[1-9]$/.test(event.key) ? event.key : "";
  if (number) {
    const take = takesOf(view).find((each) => each.dataset.take === number);
    take?.focus();
    take?.scrollIntoView({ block: "nearest", behavior: "auto" });
    return Boolean(take);
  }
  switch (event.key) {
    case "Enter": return event.target.matches?.(".take") && pick(event.target);
    case "c": openComparison(view); return true;
    default: return group.key(event.key);
  }
});

/** Ask what each pick would do, one after the other; an earlier answer is shown until the new one is here. */
let asking = 0;

async function askPrices(view) {
  const turn = ++asking;
  const base = view.dataset.shot;
  for (const link of view.querySelectorAll("a[data-ask]")) {
    const known = answers.get(`${base} ${link.dataset.ask}`);
    if (known) link.replaceChildren(...known.cloneNode(true).childNodes);
  }
  for (const link of [...view.querySelectorAll("a[data-ask]")].filter(isShown)) {
    if (turn !== asking || !link.isConnected) return;
    if (!answers.has(`${base} ${link.dataset.ask}`)) link.textContent = view.dataset.wordsWait;
    try {
      const reply = await fetch(link.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (!reply.ok) throw new Error(reply.statusText);
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const found = page.querySelector(`[data-consequence="${CSS.escape(link.dataset.ask)}"]`);
      if (turn !== asking || !link.isConnected) continue;
      if (!found) throw new Error("no answer");
      answers.set(`${base} ${link.dataset.ask}`, found);
      const text = link.closest(".consequence");
      text.replaceChildren(...found.cloneNode(true).childNodes);
      text.setAttribute("data-consequence", link.dataset.ask);
      text.toggleAttribute("data-free", found.hasAttribute("data-free"));
    } catch {
      link.textContent = view.dataset.wordsFailed;
    }
  }
}

function setUp() {
  for (const view of document.querySelectorAll("[data-players]")) {
    for (const player of view.querySelectorAll("video.player[controls]")) player.removeAttribute("controls");
    if (!isShown(view)) continue;
    groupOf(view).refresh();
    if (view.querySelector("a[data-ask]")) askPrices(view);
  }
}

document.addEventListener("page:merged", setUp);
addEventListener("hashchange", () => requestAnimationFrame(setUp));
setUp();
