//! A desktop's tray and notification server on a test's own session bus, as strict as real ones: the app registers with them, and the
//! test sees and presses what they would show.

use crate::environment::TestEnvironment;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use zbus::{
    blocking::{Connection, Proxy, connection::Builder},
    interface,
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Structure, Value},
};

const SOON: Duration = Duration::from_secs(30);

/// A notification as it was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub number: u32,
    pub replaced: u32,
    pub title: String,
    pub body: String,
    /// Keys with what their buttons say.
    pub actions: Vec<(String, String)>,
    pub sound: bool,
    pub closed: bool,
}

impl Shown {
    /// The key of the button that says this.
    pub fn key(&self, label: &str) -> String {
        let found = self.actions.iter().find(|(_, says)| says == label);
        found
            .unwrap_or_else(|| panic!("no button `{label}`: {self:?}"))
            .0
            .clone()
    }
}

#[derive(Default)]
struct State {
    shown: Vec<Shown>,
    /// Senders of registered tray items.
    items: Vec<String>,
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Notifications(Shared);

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    fn get_capabilities(&self) -> Vec<&str> {
        vec!["actions", "body", "body-markup", "inline-reply", "sound"]
    }

    fn get_server_information(&self) -> (&str, &str, &str, &str) {
        ("test", "orchestron", "1", "1.2")
    }

    #[allow(clippy::too_many_arguments)] // the protocol's
    fn notify(
        &self,
        _app: &str,
        replaces: u32,
        _icon: &str,
        title: &str,
        body: &str,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire: i32,
    ) -> u32 {
        let mut state = lock(&self.0);
        let number = if replaces == 0 {
            state.shown.len() as u32 + 1
        } else {
            replaces
        };
        let pairs = actions
            .chunks(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        let shown = Shown {
            number,
            replaced: replaces,
            title: title.to_owned(),
            body: body.to_owned(),
            actions: pairs.collect(),
            sound: hints.contains_key("sound-name"),
            closed: false,
        };
        state.shown.push(shown);
        number
    }

    fn close_notification(&self, number: u32) {
        for shown in lock(&self.0)
            .shown
            .iter_mut()
            .filter(|shown| shown.number == number)
        {
            shown.closed = true;
        }
    }
}

struct Watcher(Shared);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, _service: &str, #[zbus(header)] header: Header<'_>) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        lock(&self.0).items.push(sender);
    }

    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        lock(&self.0).items.clone()
    }
}

/// The desktop.
pub struct Desktop {
    connection: Connection,
    state: Shared,
}

impl Desktop {
    /// A notification server, and nothing else.
    pub fn without_tray(address: &str) -> Self {
        let state = Shared::default();
        let build = || -> zbus::Result<Connection> {
            Builder::address(address)?
                .serve_at(
                    "/org/freedesktop/Notifications",
                    Notifications(Arc::clone(&state)),
                )?
                .name("org.freedesktop.Notifications")?
                .method_timeout(SOON)
                .build()
        };
        let connection = build().expect("the session bus answers");
        Self { connection, state }
    }

    /// Both.
    pub fn new(address: &str) -> Self {
        let desktop = Self::without_tray(address);
        desktop.add_tray();
        desktop
    }

    /// A tray comes.
    pub fn add_tray(&self) {
        let watcher = Watcher(Arc::clone(&self.state));
        let served = self
            .connection
            .object_server()
            .at("/StatusNotifierWatcher", watcher);
        assert!(served.expect("the object"), "it is there once");
        self.connection
            .request_name("org.kde.StatusNotifierWatcher")
            .expect("the name");
    }

    // ------------------------------------------------------------------------------------------ notifications

    /// All notifications so far.
    pub fn shown(&self) -> Vec<Shown> {
        lock(&self.state).shown.clone()
    }

    /// Waits for a notification that is not closed and whose title has these words.
    pub fn wait_for_notification(&self, env: &TestEnvironment, words: &str) -> Shown {
        env.wait_for(
            &format!("a notification `{words}` among {:#?}", self.shown()),
            SOON,
            || {
                let mut shown = self.shown().into_iter().rev();
                shown.find(|shown| shown.title.contains(words) && !shown.closed)
            },
        )
    }

    /// Presses a button, or (`default`) the notification itself.
    pub fn invoke(&self, number: u32, key: &str) {
        self.signal("ActionInvoked", &(number, key));
    }

    /// Types words into it.
    pub fn reply(&self, number: u32, words: &str) {
        self.signal("ActionInvoked", &(number, "inline-reply"));
        self.signal("NotificationReplied", &(number, words));
    }

    fn signal<B>(&self, name: &str, body: &B)
    where
        B: serde::ser::Serialize + zbus::zvariant::DynamicType,
    {
        let path = "/org/freedesktop/Notifications";
        self.connection
            .emit_signal(
                None::<()>,
                path,
                "org.freedesktop.Notifications",
                name,
                body,
            )
            .expect("the signal is sent");
    }

    // ------------------------------------------------------------------------------------------------- tray

    /// Waits until the app's icon is in the tray.
    pub fn wait_for_tray(&self, env: &TestEnvironment) -> TrayItem {
        let sender = env.wait_for("the icon in the tray", SOON, || {
            lock(&self.state).items.last().cloned()
        });
        TrayItem {
            connection: self.connection.clone(),
            sender,
        }
    }
}

/// The app's icon in the tray.
pub struct TrayItem {
    connection: Connection,
    sender: String,
}

/// An entry of its menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub number: i32,
    pub label: String,
    pub enabled: bool,
    pub entries: Vec<Entry>,
}

type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));

impl TrayItem {
    fn item(&self) -> Proxy<'_> {
        let name = "org.kde.StatusNotifierItem";
        Proxy::new(
            &self.connection,
            self.sender.as_str(),
            "/StatusNotifierItem",
            name,
        )
        .expect("the icon")
    }

    fn menu_proxy(&self) -> Proxy<'_> {
        let path: OwnedObjectPath = self.item().get_property("Menu").expect("its menu");
        Proxy::new(
            &self.connection,
            self.sender.clone(),
            path,
            "com.canonical.dbusmenu",
        )
        .expect("its menu")
    }

    /// What is said when the pointer rests on it.
    pub fn tooltip(&self) -> String {
        type Tip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let proxy = self.item();
        let tip: OwnedValue = proxy.get_property("ToolTip").expect("its tooltip");
        let tip: Tip = Value::from(tip).try_into().expect("as the protocol says");
        format!("{} {}", tip.2, tip.3)
    }

    /// The picture, as it is sent.
    pub fn picture(&self) -> Vec<u8> {
        let pictures: Vec<(i32, i32, Vec<u8>)> = self
            .item()
            .get_property("IconPixmap")
            .expect("its pictures");
        pictures
            .into_iter()
            .map(|(_, _, bytes)| bytes)
            .next()
            .expect("a picture")
    }

    /// Clicks on it.
    pub fn click(&self) {
        let _: () = self
            .item()
            .call("Activate", &(0_i32, 0_i32))
            .expect("a click");
    }

    /// Its menu now.
    pub fn menu(&self) -> Vec<Entry> {
        let (_, (_, _, entries)): Layout = self
            .menu_proxy()
            .call("GetLayout", &(0_i32, -1_i32, Vec::<&str>::new()))
            .expect("the menu");
        entries.into_iter().map(entry).collect()
    }

    /// Waits for an entry whose labels, from the top, contain these words.
    pub fn wait_for_entry(&self, env: &TestEnvironment, labels: &[&str]) -> Entry {
        env.wait_for(
            &format!("{labels:?} in the tray's menu {:#?}", self.menu()),
            SOON,
            || find(&self.menu(), labels),
        )
    }

    /// Presses the entry that these labels lead to. A menu that changes in this instant is read again.
    pub fn press(&self, env: &TestEnvironment, labels: &[&str]) {
        env.wait_for(&format!("{labels:?} to be pressed"), SOON, || {
            let entry = find(&self.menu(), labels)?;
            assert!(entry.enabled, "{entry:?}");
            self.press_number(entry.number).ok()
        });
    }

    /// Presses what may have the number of this entry now; that there is nothing is fine.
    pub fn press_whatever_it_is(&self, entry: &Entry) {
        self.press_number(entry.number).ok();
    }

    fn press_number(&self, number: i32) -> zbus::Result<()> {
        let event = (number, "clicked", Value::from(0_i32), 0_u32);
        self.menu_proxy().call("Event", &event)
    }
}

/// The entry that these labels lead to.
pub fn find(entries: &[Entry], labels: &[&str]) -> Option<Entry> {
    let (first, rest) = labels.split_first()?;
    let mut fitting = entries.iter().filter(|entry| entry.label.contains(first));
    if rest.is_empty() {
        return fitting.next().cloned();
    }
    fitting.find_map(|entry| find(&entry.entries, rest))
}

fn entry(value: OwnedValue) -> Entry {
    let fields = Structure::try_from(Value::from(value))
        .expect("a structure")
        .into_fields();
    let [number, properties, entries]: [Value<'static>; 3] = fields
        .into_iter()
        .map(|field| field.try_to_owned().expect("no file descriptors").into())
        .collect::<Vec<_>>()
        .try_into()
        .expect("three fields");
    let properties: HashMap<String, OwnedValue> = properties.try_into().expect("properties");
    let entries: Vec<OwnedValue> = entries.try_into().expect("entries");
    let label = properties
        .get("label")
        .map(|label| String::try_from(label.clone()).expect("a text"));
    let enabled = properties
        .get("enabled")
        .is_none_or(|enabled| bool::try_from(enabled.clone()).expect("a truth"));
    Entry {
        number: number.try_into().expect("a number"),
        // A single `_` marks a letter; two are one.
        label: label.unwrap_or_default().replace("__", "_"),
        enabled,
        entries: entries.into_iter().map(entry).collect(),
    }
}
