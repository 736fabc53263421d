// What can be chosen, and drawing it again.
const drawers = { checkout: drawStrip, friction: drawFriction, stages: drawFlow, sessions: drawSessions, journey: drawJourney, health: drawHealth };
const plotters = { stages: plotFlow, sessions: plotSessions, journey: plotJourney };

function draw() {
  document.documentElement.lang = state.language;
  document.title = [t("report"), shop().name, state.period ? periodName(state.period) : null].filter(Boolean).join(" · ");
  drawHead();
  const top = h("div", { id: "first" }, drawTiles(), drawSentence());
  document.getElementById("page").replaceChildren(top, ...Object.values(drawers).map((drawer) => drawer()));
  document.getElementById("foot").replaceChildren(t("footer"), " ", h("a", { href: "dictionary.html" }, t("dictionary")));
  Object.values(plotters).forEach((plotter) => plotter());
}

// Draws one section again and gives the focus back to where it was.
function redraw(name, focus) {
  document.getElementById(name).replaceWith(drawers[name]());
  if (plotters[name]) plotters[name]();
  if (!focus) return;
  const section = document.getElementById(name);
  const target = focus.startsWith("#") ? section.querySelector(focus)
    : [...section.querySelectorAll("[data-step]")].find((node) => node.dataset.step === focus);
  if (target) target.focus({ preventScroll: true });
}

function chooseShop(value) {
  state.shop = Number(value);
  state.step = null;
  state.customer = null;
  if (!shop().periods.some((item) => item.period === state.period)) state.period = shop().shown;
  draw();
  document.querySelector("#top select").focus({ preventScroll: true });
}
function choosePeriod(value) { state.period = value; draw(); refocus(t("period")); }
function chooseLanguage(value) { state.language = value; draw(); refocus(t("language")); }
function refocus(label) {
  const found = [...document.querySelectorAll("#top select")].find((node) => node.getAttribute("aria-label") === label);
  if (found) found.focus({ preventScroll: true });
}

const night = window.matchMedia("(prefers-color-scheme: dark)");
function toggleTheme() {
  const isDark = state.theme ? state.theme === "dark" : night.matches;
  state.theme = isDark ? "light" : "dark";
  document.documentElement.dataset.theme = state.theme;
  Object.values(plotters).forEach((plotter) => plotter());
}
night.addEventListener("change", () => Object.values(plotters).forEach((plotter) => plotter()));

const dialog = document.getElementById("help");
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
state.period = shop().shown;
const spokenLanguage = (navigator.language || "en").slice(0, 2);
if (["es", "it"].includes(spokenLanguage)) state.language = spokenLanguage;
draw();
