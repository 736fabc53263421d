"use strict";
// Shows the tables and macros, and of their columns those, that say all the words in the box.
const box = document.getElementById("filter");
const entries = [...document.querySelectorAll("details")];
const text = (...nodes) => nodes.map((node) => node.textContent.toLowerCase()).join(" ");

function filter() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (...nodes) => words.every((word) => text(...nodes).includes(word));
  for (const entry of entries) {
    const isWhole = says(...entry.querySelectorAll("summary, p, dl"));
    const rows = [...entry.querySelectorAll("tr")];
    for (const row of rows) row.hidden = !isWhole && !says(entry.querySelector("summary code"), row);
    entry.hidden = !isWhole && rows.every((row) => row.hidden);
    entry.open = !isWhole && !entry.hidden;
  }
  for (const group of document.querySelectorAll("section")) group.hidden = !group.querySelector("details:not([hidden])");
  document.getElementById("nothing").textContent = entries.every((entry) => entry.hidden) ? "No table, column or macro says this." : "";
}

box.addEventListener("input", filter);
box.parentElement.hidden = false;
