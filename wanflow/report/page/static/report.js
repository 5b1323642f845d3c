// A report: one of its views is shown at a time, and what is inside the file gets an address when it is shown.

const main = document.getElementById("main");
const inside = document.getElementById("inside");
const addresses = JSON.parse(inside.textContent);
const blobs = new Map();
const film = document.title;
const views = new Map([...main.querySelectorAll(":scope > .frozen")].map((view) => [view.id, view]));
const places = new Map();
let shown = null;

for (const player of main.querySelectorAll('[src^="data:video/"], .still[src^="data:image/"]')) {
  const [, name] = player.getAttribute("src").split("#");
  addresses[name] = player.getAttribute("src");
}
for (const view of views.values()) view.remove();
inside.remove();
document.documentElement.classList.add("script");

// The address of what is called so: a blob, so that a film of which several players exist is in memory once.
function address(name) {
  if (!blobs.has(name) && addresses[name]) {
    const [kind, text] = addresses[name].split("#")[0].split(";base64,");
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    blobs.set(name, URL.createObjectURL(new Blob([bytes], { type: kind.slice("data:".length) })));
  }
  return blobs.get(name) ?? "";
}

function giveAddresses(view) {
  for (const element of view.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (value.startsWith("data:,") && value.length > "data:,".length) {
        element.setAttribute(name, address(value.slice("data:,".length)));
      }
    }
  }
}

// The view that an address names, or in which the place is that it names; the first one for an address without a name.
function viewOf(id) {
  if (!id) return views.values().next().value;
  return views.get(id) ?? [...views.values()].find((view) => view.querySelector(`#${CSS.escape(id)}`));
}

function show() {
  const view = viewOf(decodeURIComponent(location.hash.slice(1))) ?? shown ?? views.values().next().value;
  if (view === shown) return;
  const former = shown;
  if (former) {
    places.set(former.id, scrollY);
    for (const player of former.querySelectorAll("video, audio")) player.pause();
    former.remove();
  }
  giveAddresses(view);
  for (const player of view.querySelectorAll('video[preload="none"][id]')) player.preload = "metadata";
  main.append(view);
  shown = view;
  document.body.dataset.view = view.dataset.view;
  document.title = `${view.dataset.heading} · ${film}`;
  for (const tab of document.querySelectorAll(".tabs [data-view]")) {
    if (tab.dataset.view === view.dataset.view) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (former) {
    scrollTo(0, places.get(view.id) ?? 0);
    main.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("page:merged"));
  }
}

addEventListener("hashchange", show);
show();
