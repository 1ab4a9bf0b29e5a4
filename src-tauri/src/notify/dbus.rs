//! Notifications on Linux: `org.freedesktop.Notifications` over the session bus.
//!
//! Spoken by ourselves and not through a plugin, because we need what the plugin has not: replacing and taking down what was decided
//! elsewhere, urgency, sound, words typed into a notification, and knowing what the server can show.

use super::{Notice, Pressed, pressed};
use crate::{attention::What, log};
use orchestron_operations::wire::NotifierView;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};
use tauri::AppHandle;
use zbus::{
    Message,
    blocking::{Connection, Proxy, connection::Builder},
    zvariant::Value,
};

const SERVER: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Notifications that may wait to be shown.
const WAITING: usize = 64;
/// The desktop file's name.
const DESKTOP_ENTRY: &str = "Orchestron";
/// The icon's name, as the package installs it.
const ICON: &str = "orchestron-desktop";
/// The key of an action that takes words.
const REPLY: &str = "inline-reply";

enum Order {
    Show(Box<Notice>),
    TakeDown(String),
}

/// What is shown now, by the server's number.
#[derive(Default)]
struct Shown {
    notices: BTreeMap<u32, Notice>,
    server: Option<Server>,
}

#[derive(Clone)]
struct Server {
    name: String,
    can: BTreeSet<String>,
}

/// Shows notifications.
#[derive(Default)]
pub struct Notifier {
    orders: OnceLock<SyncSender<Order>>,
    shown: Arc<Mutex<Shown>>,
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Notifier {
    /// Begins to show and to listen.
    pub fn start(&self, app: &AppHandle) {
        let (sender, orders) = sync_channel(WAITING);
        if self.orders.set(sender).is_err() {
            return;
        }
        let (app, shown) = (app.clone(), Arc::clone(&self.shown));
        std::thread::spawn(move || {
            if let Err(error) = serve(&app, &shown, &orders) {
                log::note(&format!("no notifications are shown: {error}"));
            }
        });
    }

    /// Shows a notification in place of the one with its name.
    pub fn show(&self, notice: Notice) {
        self.order(Order::Show(Box::new(notice)));
    }

    /// Takes the notification with this name down.
    pub fn take_down(&self, id: &str) {
        self.order(Order::TakeDown(id.to_owned()));
    }

    /// Who shows them.
    pub fn server(&self) -> Option<NotifierView> {
        let server = lock(&self.shown).server.clone()?;
        Some(NotifierView {
            actions: server.can.contains("actions"),
            name: server.name,
        })
    }

    fn order(&self, order: Order) {
        let sent = self.orders.get().map(|orders| orders.try_send(order));
        if !matches!(sent, Some(Ok(()))) {
            log::note("a notification is not shown: nobody shows any, or too many wait");
        }
    }
}

fn serve(app: &AppHandle, shown: &Arc<Mutex<Shown>>, orders: &Receiver<Order>) -> zbus::Result<()> {
    let connection = Builder::session()?.method_timeout(PATIENCE).build()?;
    let proxy = Proxy::new(&connection, SERVER, PATH, SERVER)?;
    // Only signals of whoever owns the name: others may not press our buttons.
    let signals = proxy.receive_all_signals()?;
    let (hearing, heard) = (app.clone(), Arc::clone(shown));
    std::thread::spawn(move || signals.for_each(|signal| hear(&hearing, &heard, &signal)));
    lock(shown).server = ask_server(&connection);
    for order in orders {
        let mut shown = lock(shown);
        if shown.server.is_none() {
            shown.server = ask_server(&connection);
        }
        let done = match order {
            Order::Show(notice) => show(&connection, &mut shown, *notice),
            Order::TakeDown(id) => take_down(&connection, &mut shown, &id),
        };
        if let Err(error) = done {
            log::note(&format!(
                "a notification cannot be shown or taken down: {error}"
            ));
            shown.server = None;
        }
    }
    Ok(())
}

fn ask_server(connection: &Connection) -> Option<Server> {
    let asked = || -> zbus::Result<Server> {
        let call = |what: &str| connection.call_method(Some(SERVER), PATH, Some(SERVER), what, &());
        let (name, vendor, version, _): (String, String, String, String) =
            call("GetServerInformation")?.body().deserialize()?;
        let can: Vec<String> = call("GetCapabilities")?.body().deserialize()?;
        log::note(&format!(
            "notifications are shown by {name} {version} ({vendor})"
        ));
        Ok(Server {
            name,
            can: can.into_iter().collect(),
        })
    };
    asked()
        .inspect_err(|error| log::note(&format!("nobody shows notifications: {error}")))
        .ok()
}

fn show(connection: &Connection, shown: &mut Shown, notice: Notice) -> zbus::Result<()> {
    let can = |what: &str| {
        shown
            .server
            .as_ref()
            .is_some_and(|server| server.can.contains(what))
    };
    let body = if can("body-markup") {
        escaped(&notice.body)
    } else {
        notice.body.clone()
    };
    let keys = keys(&notice, can("actions"), can(REPLY));
    let actions: Vec<&str> = keys
        .iter()
        .flat_map(|(key, label)| [key.as_str(), label.as_str()])
        .collect();
    let mut hints: HashMap<&str, Value<'_>> = HashMap::from([
        ("desktop-entry", Value::from(DESKTOP_ENTRY)),
        ("urgency", Value::from(u8::from(!notice.low))),
    ]);
    if notice.sound {
        hints.insert("sound-name", Value::from("message-new-instant"));
    } else {
        hints.insert("suppress-sound", Value::from(true));
    }
    let replaces = number_of(shown, &notice.id).unwrap_or(0);
    let arguments = (
        "Orchestron",
        replaces,
        ICON,
        &notice.title,
        body,
        actions,
        hints,
        -1_i32,
    );
    let answer = connection.call_method(Some(SERVER), PATH, Some(SERVER), "Notify", &arguments)?;
    let number: u32 = answer.body().deserialize()?;
    shown.notices.remove(&replaces);
    shown.notices.insert(number, notice);
    Ok(())
}

/// What can be pressed, with what it says.
fn keys(notice: &Notice, buttons: bool, reply: bool) -> Vec<(String, String)> {
    if !buttons {
        return Vec::new();
    }
    let mut keys = vec![("default".to_owned(), "Open".to_owned())];
    for (number, (label, deed)) in notice.buttons.iter().enumerate() {
        let key = if reply && deed.what == What::Words {
            REPLY.to_owned()
        } else {
            number.to_string()
        };
        keys.push((key, label.clone()));
    }
    keys
}

fn take_down(connection: &Connection, shown: &mut Shown, id: &str) -> zbus::Result<()> {
    if let Some(number) = number_of(shown, id) {
        shown.notices.remove(&number);
        connection.call_method(
            Some(SERVER),
            PATH,
            Some(SERVER),
            "CloseNotification",
            &(number,),
        )?;
    }
    Ok(())
}

fn number_of(shown: &Shown, id: &str) -> Option<u32> {
    let mut notices = shown.notices.iter();
    notices
        .find(|(_, notice)| notice.id == id)
        .map(|(number, _)| *number)
}

fn hear(app: &AppHandle, shown: &Mutex<Shown>, signal: &Message) {
    let header = signal.header();
    let body = signal.body();
    let told = match header.member().map(|member| member.as_str()) {
        Some("ActionInvoked") => body
            .deserialize::<(u32, String)>()
            .map(|(number, key)| match key.as_str() {
                "default" => Some((number, Pressed::Body)),
                // Its words come with another signal.
                REPLY => None,
                key => key
                    .parse()
                    .ok()
                    .map(|button| (number, Pressed::Button(button))),
            }),
        Some("NotificationReplied") => body
            .deserialize::<(u32, String)>()
            .map(|(number, text)| Some((number, Pressed::Reply(text)))),
        Some("NotificationClosed") => body.deserialize::<(u32, u32)>().map(|(number, _)| {
            lock(shown).notices.remove(&number);
            None
        }),
        _ => return,
    };
    match told {
        // It is taken out first: what is pressed twice is done once.
        Ok(Some((number, what))) => {
            let notice = lock(shown).notices.remove(&number);
            if let Some(notice) = notice {
                pressed(app, &notice, what);
            }
        }
        Ok(None) => {}
        Err(error) => log::note(&format!(
            "the notification server says something odd: {error}"
        )),
    }
}

/// Servers that render markup get text as text: a command with `<b>` in it must be seen as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Notice, escaped, keys};
    use crate::attention::{Deed, What};

    #[test]
    fn markup_is_shown_as_it_is() {
        assert_eq!(
            escaped("rm -rf <b>x</b> && y"),
            "rm -rf &lt;b&gt;x&lt;/b&gt; &amp;&amp; y"
        );
    }

    #[test]
    fn buttons_only_where_they_are_shown() {
        let deed = Deed {
            project: "/p".into(),
            request: 1,
            commit: None,
            what: What::Words,
            about: String::new(),
        };
        let mut notice = Notice::words("x", "title", "");
        notice.buttons = vec![("Request changes".to_owned(), deed)];
        assert!(keys(&notice, false, true).is_empty());
        let pressed = |reply| keys(&notice, true, reply)[1].0.clone();
        assert_eq!(
            (pressed(false), pressed(true)),
            ("0".to_owned(), "inline-reply".to_owned())
        );
    }
}
