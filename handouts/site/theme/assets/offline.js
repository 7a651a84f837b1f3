// Search from files. A browser starts no worker there and fetches nothing; so the index comes as a script
// (search_index.js, made by pages.py), and the theme's worker runs in a frame that nobody sees.
if (location.protocol === "file:") {
  window.__search = { index: Promise.resolve(window.searchIndex) };

  class FrameWorker extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];  // messages, until the frame has the worker's code
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = `<script src="${new URL(url, location.href)}"><\/script>`;
      this.frame.addEventListener("load", () => {
        const inside = this.frame.contentWindow;
        inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }));
        this.deliver = data => inside.dispatchEvent(new MessageEvent("message", { data }));
        this.waiting.splice(0).forEach(this.deliver);
      });
      document.body.append(this.frame);
    }
    postMessage(data) {
      this.deliver ? this.deliver(data) : this.waiting.push(data);
    }
    terminate() {
      this.frame.remove();
    }
  }
  window.IFrameWorker = window.Worker = FrameWorker;  // the theme's worker looks for the first name
}
