// What every view of the page does: follows changes, keeps scroll and focus, shows the keys.

document.documentElement.classList.add("script");

const help = document.getElementById("help");
document.getElementById("show-keys")?.addEventListener("click", () => help.showModal());
