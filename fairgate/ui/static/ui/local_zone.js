// The zone is named beside a time. Whoever lives in it does not need to be told.
(function () {
  "use strict";

  function offset(zone, at) {
    var parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
    return parts.find(function (part) { return part.type === "timeZoneName"; }).value;
  }

  document.querySelectorAll("[data-zone]").forEach(function (element) {
    try {
      var at = new Date(element.dataset.at);
      element.hidden = offset(element.dataset.zone, at) === offset(undefined, at);
    } catch (unknownZone) { /* then it stays named */ }
  });
})();
