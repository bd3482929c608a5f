// Asks for the figures anew every few seconds while somebody looks, and says so when no answer comes. What changed in
// words is told to screen readers; figures alone are not, they would never stop talking.
(function () {
  "use strict";

  var EVERY_MS = 3000;
  var live = document.querySelector("[data-live]");
  var stale = document.querySelector("[data-stale]");
  var said = document.querySelector("[data-said]");
  if (!live) return;

  function look() {
    if (!document.hidden) htmx.trigger(live, "look");
  }

  function isLate(late) {
    if (stale) stale.hidden = !late;
  }

  function say() {
    var words = live.querySelector("[data-say]");
    if (said && words && said.textContent !== words.dataset.say) said.textContent = words.dataset.say;
  }

  live.addEventListener("htmx:afterSwap", function () {
    isLate(false);
    say();
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    live.addEventListener(name, function () { isLate(true); });
  });
  document.addEventListener("visibilitychange", look);
  setInterval(look, EVERY_MS);
})();
