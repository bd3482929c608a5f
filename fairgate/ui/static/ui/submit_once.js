// A second click sends nothing new: the form waits for its answer, and the same content carries the same key.
(function () {
  "use strict";

  var sent = new WeakMap();

  function content(form) {
    var fields = new FormData(form);
    fields.delete("idempotency_key");
    return new URLSearchParams(fields).toString();
  }

  function newKey() {
    // Not randomUUID, which plain http on a local network does not have.
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), function (byte) {
      return byte.toString(16).padStart(2, "0");
    }).join("");
  }

  function fillKey(form) {
    var field = form.elements.idempotency_key;
    if (!field) return;
    var now = content(form);
    var before = sent.get(form);
    if (!before || before.content !== now) {
      before = { content: now, key: newKey() };
      sent.set(form, before);
    }
    field.value = before.key;
  }

  function release(form) {
    delete form.dataset.sending;
    form.querySelectorAll("[aria-disabled]").forEach(function (button) { button.removeAttribute("aria-disabled"); });
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    fillKey(form);
    form.dataset.sending = "yes";
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
  }, true);

  document.addEventListener("htmx:afterRequest", function (event) {
    var form = event.detail.elt.closest("form");
    var leaves = event.detail.xhr && event.detail.xhr.getResponseHeader("HX-Redirect");
    if (form && !leaves) release(form);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-once]").forEach(release);
  });
})();
