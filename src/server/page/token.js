// The secret that the address brought. It leaves the address bar, where others could read it off the screen or copy it
// with a link, and stays for reloads in what the browser keeps for this tab and this server alone. A cookie would not
// do: browsers send those of 127.0.0.1 to every port, which may be another person's server.

const KEY = "rails-token";

function take() {
  const address = new URL(location.href);
  const given = address.searchParams.get("token");
  try {
    if (given === null) return sessionStorage.getItem(KEY) ?? "";
    sessionStorage.setItem(KEY, given);
    address.searchParams.delete("token");
    history.replaceState(history.state, "", address);
  } catch {
    // A browser that keeps nothing for pages: then the address has to.
  }
  return given ?? "";
}

export const token = take();
