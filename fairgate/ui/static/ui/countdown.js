// "Kept for you until 19:42" gets the minutes beside it. Nothing is reloaded at the end: what was typed stays.
(function () {
  "use strict";

  // The reader's clock may be wrong: only what passes on it counts, from the moment the page was made.
  var opened = Date.now();

  function left(element) {
    return Date.parse(element.dataset.countdown) - Date.parse(element.dataset.now) - (Date.now() - opened);
  }

  function minutes(ms) {
    var seconds = Math.ceil(ms / 1000);
    return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick(element) {
    var ms = left(element);
    var shown = element.querySelector("[data-left]");
    shown.hidden = ms <= 0;
    shown.textContent = minutes(Math.max(0, ms));
    element.classList.toggle("is-short", ms < 60000);
    if (ms <= 0) element.querySelector("[data-words]").textContent = element.dataset.over;
    else setTimeout(function () { tick(element); }, 1000);
  }

  document.querySelectorAll("[data-countdown]").forEach(tick);
})();
