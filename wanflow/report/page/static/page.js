// What every view does: follows changes, sends forms, shows a run, answers keys.
//
// The server's pages are complete without it. A change is fetched as a whole page and merged into this one by `id` and
// `data-key`; scroll, focus, what was typed, open details and players stay as they are. Of other scripts:
// - an element with `data-keep` and all in it is theirs, as long as the page has one of its `id`; a class `js-…` and an attribute `data-js-…` stay as well;
// - the event `page:merged` on the document says that the page changed.

import "./players.js";
import "./film.js";

document.documentElement.classList.add("script");
const body = document.body;
const live = body.dataset.live === "yes";
const still = matchMedia("(prefers-reduced-motion: reduce)");

// --- merging ---------------------------------------------------------------------------------------------------------

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset?.key || "" : "");
const isKept = (node) => node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-keep");
const place = (parent, node, before) =>
  parent.moveBefore && node.isConnected ? parent.moveBefore(node, before) : parent.insertBefore(node, before);

function mergeAttributes(old, fresh) {
  const classes = [...old.classList].filter((name) => name.startsWith("js-"));
  for (const { name } of [...old.attributes]) {
    const own = name.startsWith("data-js-") || (name === "open" && old.matches("details, dialog"));
    if (!own && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name === "open" && old.matches("details")) continue;
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  old.classList.add(...classes);
}

function mergeField(old, fresh) {
  const typed = old === document.activeElement || (old.type === "text" && old.value !== old.defaultValue);
  mergeAttributes(old, fresh);
  if (!typed && old.value !== fresh.value) old.value = fresh.value;
}

export function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.matches("video, audio") && old.getAttribute("src") === fresh.getAttribute("src")) return;
  if (old.matches("input, textarea")) return mergeField(old, fresh);
  const chosen = old.matches("select") && old !== document.activeElement ? fresh.value : null;
  mergeAttributes(old, fresh);
  mergeChildren(old, fresh);
  if (chosen !== null) old.value = chosen;
}

function mergeChildren(old, fresh) {
  const keyed = new Map();
  for (const child of old.children) if (keyOf(child) && !isKept(child)) keyed.set(keyOf(child), child);
  const kept = new Map([...old.children].filter(isKept).map((own) => [keyOf(own), own]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    while (at && isKept(at)) at = at.nextSibling;
    const key = keyOf(next);
    if (key && isKept(next) && kept.delete(key)) continue;
    const same = key ? keyed.get(key) : alike(at, next);
    if (same?.nodeName !== next.nodeName) {
      old.insertBefore(document.importNode(next, true), at);
      continue;
    }
    keyed.delete(key);
    if (!key) while (at !== same) at = passed(at);
    if (same === at) at = at.nextSibling;
    else place(old, same, at);
    if (same.nodeType === Node.ELEMENT_NODE) merge(same, next);
    else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
  }
  while (at) at = passed(at);
  for (const gone of keyed.values()) gone.remove();
  for (const [key, gone] of kept) if (key) gone.remove(); // one without a key was made by a script
}

/** The first node from `at` on that has no key and may become `next`; only an element is looked for further on. */
function alike(at, next) {
  const further = next.nodeType === Node.ELEMENT_NODE;
  for (let node = at; node; node = further ? node.nextSibling : null) {
    if (node.nodeName === next.nodeName && !keyOf(node) && !isKept(node)) return node;
  }
  return null;
}

/** The node after one that is not needed any more; one with a key may still be. */
function passed(node) {
  const following = node.nextSibling;
  if (!keyOf(node) && !isKept(node)) node.remove();
  return following;
}

function say(words, refused = false) {
  const said = document.getElementById("said");
  said.textContent = words;
  said.toggleAttribute("data-refused", refused);
}

function show(html, refused = false) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const focused = document.activeElement;
  const main = fresh.getElementById("main");
  if (!main) {
    if (refused) say(fresh.body.textContent.trim(), true);
    return;
  }
  document.title = fresh.title;
  const before = new Map([...document.querySelectorAll("video[id]")].map((player) => [player.id, player]));
  for (const id of ["top", "main"]) merge(document.getElementById(id), fresh.getElementById(id));
  for (const player of document.querySelectorAll("video[id]")) {
    const former = before.get(player.id); // a take that moved to another request has a new player
    if (former && former !== player && former.getAttribute("src") === player.getAttribute("src")) player.currentTime = former.currentTime;
  }
  const words = fresh.getElementById("said")?.textContent.trim();
  if (words) say(words, refused);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("page:merged"));
}

let refreshing = null;
let again = false;

export async function refresh() {
  if (refreshing) {
    again = true;
    return refreshing;
  }
  const asked = location.href;
  // the message of an action is for the page that sent it, so that an update of another page takes none
  refreshing = fetch(asked, { headers: { accept: "text/html", "x-wanflow-update": "yes" } })
    .then(async (reply) => [reply, await reply.text()])
    .then(([reply, html]) => {
      if (location.href === asked && reply.status !== 403) show(html);
    })
    .catch(() => {})
    .finally(() => {
      refreshing = null;
      if (again) {
        again = false;
        refresh();
      }
    });
  return refreshing;
}

// --- forms -----------------------------------------------------------------------------------------------------------

const sent = new Set();
let answered = Promise.resolve();

/** Send what a form asks for, once while its reply is awaited; the page may make another form of it meanwhile, which is sent next. */
async function send(form, button) {
  const address = form.action;
  const fields = new URLSearchParams(new FormData(form, button));
  const asked = `${address}?${fields}`;
  if (sent.has(asked)) return;
  sent.add(asked);
  button?.setAttribute("aria-busy", "true");
  await (answered = answered.then(() => post(address, fields)));
  button?.removeAttribute("aria-busy");
  sent.delete(asked);
}

async function post(address, fields) {
  try {
    const reply = await fetch(address, { method: "POST", body: fields, headers: { accept: "text/html" } });
    if (reply.ok && reply.url !== location.href) history.pushState(null, "", reply.url);
    show(await reply.text(), !reply.ok);
  } catch {
    lost(true);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "post" && live) {
    event.preventDefault();
    send(form, event.submitter);
  } else if (form.matches("[data-filters]")) {
    event.preventDefault();
    filter(form);
  }
});
if (live) addEventListener("popstate", refresh);

function filter(form) {
  const wanted = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const address = new URL(form.action);
  address.search = wanted;
  history.replaceState(null, "", address);
  refresh();
}

let typing = 0;
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("[data-filters]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(() => filter(form), event.target.matches("select") ? 0 : 250);
});

// --- events of the server --------------------------------------------------------------------------------------------

const connection = document.getElementById("connection");
let wasLost = false;

function lost(now) {
  if (now) {
    wasLost = true;
    connection.textContent = connection.dataset.lost;
    connection.hidden = false;
  } else if (wasLost) {
    wasLost = false;
    connection.textContent = connection.dataset.again;
    setTimeout(() => (connection.hidden = !wasLost), 3000);
  }
}

function follow() {
  const events = new EventSource("/events");
  const turned = new AbortController();
  let waiting;
  events.onopen = () => {
    waiting = clearTimeout(waiting);
    lost(false);
    refresh(); // a change between this page and its events is told to nobody
  };
  events.onerror = () => {
    waiting ||= setTimeout(() => lost(true), 1200);
    if (events.readyState === EventSource.CLOSED) {
      turned.abort();
      setTimeout(follow, 3000);
    }
  };
  // a browser opens few connections to a server: tabs that nobody sees leave theirs to the others
  const turn = () => {
    clearTimeout(waiting);
    events.close();
    if (document.hidden) return;
    turned.abort();
    follow();
  };
  document.addEventListener("visibilitychange", turn, { signal: turned.signal });
  events.addEventListener("changed", refresh);
  events.addEventListener("run", (event) => showRun(JSON.parse(event.data)));
  addEventListener("pagehide", () => {
    clearTimeout(waiting);
    events.close();
  });
}

// --- a run -----------------------------------------------------------------------------------------------------------

const run = document.getElementById("run");
const steps = new Map();
const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
let clock = 0;

function showRun(event) {
  const { event: kind, node } = event;
  if (!clock && kind !== "run.finished") beginRun();
  const step = steps.get(node) ?? { state: "waiting" };
  const at = Date.parse(event.time);
  if (kind === "step.started") Object.assign(step, { state: event.action, since: at, model: event.model });
  else if (kind === "task.submitted") Object.assign(step, { state: "queued", since: at });
  else if (kind === "task.state") step.state = event.state === "RUNNING" ? "rendering" : step.state;
  else if (kind === "cut.progress") step.part = event.total ? event.done / event.total : 0;
  else if (kind === "step.finished") Object.assign(step, { state: event.outcome, message: event.message, until: at });
  else if (kind === "warning" && node) step.message = event.message;
  else if (kind === "take.stored") step.cost = event.cost;
  if (node) steps.set(node, step);
  if (kind === "task.submitted" || kind === "task.state") step.message = "";
  const warning = run.querySelector("[data-run-warning]");
  if (kind === "warning" && !node) warning.textContent = event.message;
  else if (node && kind !== "warning") warning.textContent = "";
  if (kind === "run.finished") endRun(event);
  drawRun();
}

function beginRun() {
  steps.clear();
  run.hidden = false;
  run.removeAttribute("data-over");
  clearInterval(clock);
  clock = setInterval(drawRun, 1000);
}

function endRun(event) {
  clearInterval(clock);
  clock = 0;
  const ends = [...steps.values()].map((step) => step.state);
  const waits = ends.includes("blocked") && !ends.includes("failed");
  run.setAttribute("data-over", event.exit_code === 0 ? "done" : waits ? "waits" : "failed");
  refresh();
}

const ENDED = new Set(["done", "reused", "failed"]);

function drawRun() {
  const all = [...steps.values()];
  const costs = all.flatMap((step) => (step.cost?.amount ? [step.cost] : []));
  const paid = costs.reduce((sum, cost) => sum + Number(cost.amount), 0);
  const money = costs.length ? [`${paid.toFixed(2)} ${costs[0].currency}`] : [];
  const ended = all.filter((step) => ENDED.has(step.state)).length;
  const { over } = run.dataset;
  run.querySelector("[data-run-title]").textContent = over ? (over === "waits" ? run.dataset.waits : run.dataset.ended) : run.dataset.active;
  const sum = filled(run.dataset.sum, { ended, started: all.length });
  const blocked = all.filter((step) => step.state === "blocked").length;
  const left = blocked ? [filled(run.dataset.blocked, { blocked })] : [];
  run.querySelector("[data-run-sum]").textContent = [sum, ...left, ...money].join(" · ");
  const list = run.querySelector("ol");
  for (const [node, step] of steps) {
    let row = step.row;
    if (!row?.isConnected) {
      row = step.row = run.querySelector("template").content.firstElementChild.cloneNode(true);
      row.querySelector("bdi").textContent = node;
      list.append(row);
    }
    const state = row.querySelector("[data-state]");
    state.dataset.state = step.state;
    state.textContent = run.querySelector(`[data-word="${CSS.escape(step.state)}"]`)?.textContent ?? step.state;
    row.dataset.is = step.state;
    row.querySelector("progress").hidden = step.part === undefined || ENDED.has(step.state);
    row.querySelector("progress").value = step.part ?? 0;
    const seconds = step.since ? Math.max(0, ((step.until ?? Date.now()) - step.since) / 1000) : 0;
    row.querySelector("[data-seconds]").textContent = seconds >= 1 ? filled(run.dataset.seconds, { seconds: seconds.toFixed(0) }) : "";
    row.querySelector("[data-message]").textContent = step.message ?? "";
  }
  for (const row of [...list.children]) if (![...steps.values()].some((step) => step.row === row)) row.remove();
}

// --- keys ------------------------------------------------------------------------------------------------------------

const help = document.getElementById("help");
document.addEventListener("click", (event) => {
  if (event.target.closest("#show-keys")) help.showModal();
  else if (event.target === help) help.close();
});

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
Object.assign(STEPS, { h: STEPS.ArrowLeft, l: STEPS.ArrowRight, k: STEPS.ArrowUp, j: STEPS.ArrowDown });
let prefix = "";

export function isTyping(target) {
  return target.matches?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const after = prefix;
  prefix = "";
  const tab = after === "g" && document.querySelector(`.tabs a[data-key="${CSS.escape(event.key)}"]`);
  if (tab) {
    event.preventDefault();
    tab.click();
  } else if (event.key === "g") {
    prefix = "g";
  } else if (event.key === "?") {
    event.preventDefault();
    help.showModal();
  } else if (event.key === "/" && document.getElementById("select")) {
    event.preventDefault();
    document.getElementById("select").select();
  } else if (STEPS[event.key] && goToCard(...STEPS[event.key])) {
    event.preventDefault();
  } else {
    const button = document.querySelector(`#main [data-key-press="${CSS.escape(event.key)}"]`);
    if (button) {
      event.preventDefault();
      button.click();
    }
  }
});

/** Focus the next card in a direction; false where the view has no cards. */
function goToCard(right, down) {
  const links = [...document.querySelectorAll("#board .card-link")];
  if (!links.length) return false;
  const at = links.indexOf(document.activeElement);
  if (at < 0) return focusOn(links[0]);
  if (right) return focusOn(links[at + right] ?? links[at]);
  const here = links[at].getBoundingClientRect();
  const middle = here.left + here.width / 2;
  let best = null;
  let least = Infinity;
  for (let next = at + down; links[next]; next += down) {
    const box = links[next].getBoundingClientRect();
    const rows = (box.top - here.top) * down;
    if (rows < here.height / 3) continue;
    if (best && rows > best.rows + here.height / 3) break;
    const off = Math.abs(box.left + box.width / 2 - middle);
    if (off < least) {
      least = off;
      best = { rows, link: links[next] };
    }
  }
  return focusOn(best?.link ?? links[at]);
}

function focusOn(link) {
  link.focus();
  link.scrollIntoView({ block: "nearest", behavior: "auto" });
  return true;
}

// --- posters ---------------------------------------------------------------------------------------------------------

/** The overlay of a poster that scripts own: one of a kind, removed when the pointer or the focus leaves. */
function overlay(poster, tag, name) {
  const made = document.createElement(tag);
  made.setAttribute("data-keep", "");
  made.className = name;
  poster.append(made);
  return made;
}

document.addEventListener("pointermove", (event) => {
  const poster = event.target.closest?.(".card, .cut-card")?.querySelector(".poster[data-strip]");
  for (const other of document.querySelectorAll(".scrub")) if (other.parentElement !== poster) other.remove();
  if (!poster || event.pointerType === "touch") return;
  const box = poster.getBoundingClientRect();
  if (event.clientY < box.top || event.clientY >= box.bottom) return poster.querySelector(".scrub")?.remove();
  const frames = Number(body.dataset.stripFrames);
  let strip = poster.querySelector(".scrub");
  if (!strip) {
    strip = overlay(poster, "span", "scrub");
    const sheet = new Image();
    sheet.onload = () => fit(strip, box, sheet.naturalWidth / frames / sheet.naturalHeight, sheet.src, frames);
    sheet.src = poster.dataset.strip;
  }
  const part = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width));
  strip.style.backgroundPosition = `${(Math.floor(part * frames) / (frames - 1)) * 100}% 0`;
});

/** Show a sheet, whose frames are side by side, in the place of a poster; its frames may have another shape. */
function fit(strip, box, shape, source, frames) {
  const height = Math.min(box.height, box.width / shape);
  const sizes = { width: `${height * shape}px`, height: `${height}px` };
  const images = { backgroundImage: `url("${source}")`, backgroundSize: `${frames * 100}% 100%` };
  Object.assign(strip.style, sizes, images);
  strip.classList.add("js-ready");
}

document.addEventListener("focusin", (event) => {
  for (const other of document.querySelectorAll(".poster > video.glance")) other.remove();
  const poster = event.target.closest?.(".card-link")?.querySelector(".poster[data-preview]");
  if (!poster || still.matches || !event.target.matches(":focus-visible")) return;
  const player = overlay(poster, "video", "glance");
  Object.assign(player, { muted: true, loop: true, playsInline: true, autoplay: true, src: poster.dataset.preview });
  player.onerror = () => player.remove();
});

// --- the graph -------------------------------------------------------------------------------------------------------

function near(event) {
  const node = event.target.closest?.(".node")?.dataset.node;
  for (const edge of document.querySelectorAll(".edges path")) {
    edge.classList.toggle("js-near", node !== undefined && (edge.dataset.from === node || edge.dataset.to === node));
  }
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => document.getElementById("graph") && near(event));
}

if (live) follow();
