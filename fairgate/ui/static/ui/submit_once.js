// A second click sends nothing new: the form waits for its answer, and the same content carries the same key.
// data-once="tab": also after going back, so that the same wish finds the places already kept for it.
(function () {
  "use strict";

  var sent = new WeakMap();

  function store(form) {
    return "once:" + form.getAttribute("action");
  }

  function recall(form) {
    if (form.dataset.once !== "tab") return sent.get(form);
    try { return JSON.parse(sessionStorage.getItem(store(form))); } catch (noStorage) { return sent.get(form); }
  }

  function remember(form, content, key) {
    sent.set(form, { content: content, key: key });
    if (form.dataset.once !== "tab") return;
    try { sessionStorage.setItem(store(form), JSON.stringify(sent.get(form))); } catch (noStorage) { /* the page remembers */ }
  }

  // The end of a purchase: what is wished for next is a new wish.
  function startAnew() {
    if (!document.querySelector("[data-new-start]")) return;
    try {
      Object.keys(sessionStorage).forEach(function (name) { if (name.startsWith("once:")) sessionStorage.removeItem(name); });
    } catch (noStorage) { /* nothing was kept */ }
  }

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
    var before = recall(form);
    var key = before && before.content === now ? before.key : newKey();
    remember(form, now, key);
    field.value = key;
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
  startAnew();
})();
