// What Thunderbird shows of a mail, and what it saves: run in its own window by
// readersthunderbird_test.go, with the mail's path.

const [path] = arguments;
const tabmail = document.getElementById("tabmail");

function later(condition) {
  return new Promise(resolve => {
    function look() {
      if (condition()) {
        resolve();
      } else {
        setTimeout(look, 10);
      }
    }
    look();
  });
}

function base64(octets) {
  return btoa(Array.from(new Uint8Array(octets), octet => String.fromCharCode(octet)).join(""));
}

// The icons beside the header.
function marks(about) {
  const all = [];
  for (const mark of ["encrypted", "signed"]) {
    const icon = about.document.getElementById(`${mark}HdrIcon`);
    if (!icon.hidden) {
      all.push(icon.src.endsWith(`/message-${mark}-ok.svg`) ? mark : icon.src);
    }
  }
  return all;
}

// Shows a mail, in the tab of the mail before where there is one, and gives the tab's window and
// the page with the mail's text. A signature is checked beside it, and may take longer.
async function show(url) {
  let tab = tabmail.tabInfo.find(info => info.mode.name == "mailMessageTab");
  const before = tab?.chromeBrowser.contentWindow.getMessagePaneBrowser().contentDocument;
  if (tab) {
    tab.chromeBrowser.contentWindow.displayMessage(url);
  } else {
    tab = tabmail.openTab("mailMessageTab", { messageURI: url });
  }
  await later(() => tab.chromeBrowser.contentWindow?.msgLoaded);
  const about = tab.chromeBrowser.contentWindow;
  const page = () => about.getMessagePaneBrowser().contentDocument;
  await later(() => page() != before && page()?.body && page().readyState == "complete");
  await later(() => about.gReceivedSignatureCount == about.gExpectedSignatureCount);
  return [about, page()];
}

async function read() {
  const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  file.initWithPath(path);
  const [about, page] = await show(Services.io.newFileURI(file).spec + "?type=application/x-message-display");
  const leaves = [["text/plain", "", base64(new TextEncoder().encode(page.body.innerText))]];
  for (const attachment of about.currentAttachments) {
    leaves.push([attachment.contentType, attachment.name, base64(await attachment.fetchAttachment())]);
  }
  return { file: path, marks: marks(about), leaves };
}

return read();
