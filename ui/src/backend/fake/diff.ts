/** Changes, as git would print them. */
import type { DiffView, FileDiffView } from "../wire";
import { COMMIT } from "./requests";

const LIMIT = `@@ -14,9 +14,31 @@ impl LoginLimiter
     pub fn check(&mut self, account: &AccountId) -> Verdict {
-        Verdict::Allow
+        let now = self.clock.now();
+        let window = self.failures.entry(account.clone()).or_default(); // sliding, not fixed
+        window.retain(|at| now - *at < WINDOW);
+        match window.len() {
+            n if n < MAX_FAILURES => Verdict::Allow,
+            _ => Verdict::Deny { retry_after: WINDOW - (now - window[0]) },
+        }
     }
 
+    pub fn failed(&mut self, account: &AccountId) {
+        self.failures.entry(account.clone()).or_default().push(self.clock.now());
+    }
 }
 
 #[cfg(test)]
 mod tests {
@@ -48,6 +70,12 @@ mod tests
     use super::*;
 
+    #[test]
+    fn five_failures_are_too_many() {
+        let mut limiter = LoginLimiter::with_clock(TestClock::at(0));
+        for _ in 0..5 { limiter.failed(&account("dana")); }
+        assert!(matches!(limiter.check(&account("dana")), Verdict::Deny { .. }));
+    }
 }
`;

const LOGIN = `@@ -31,10 +31,18 @@ pub async fn login(
     let account = find(&form.email).await?;
-    if !verify(&form.password, &account.hash) {
-        return Err(LoginError::Wrong);
-    }
+    if let Verdict::Deny { retry_after } = limiter.check(&account.id) {
+        return Err(LoginError::TooMany { retry_after });
+    }
+    if !verify(&form.password, &account.hash) {
+        limiter.failed(&account.id);
+        return Err(LoginError::Wrong);
+    }
+    limiter.succeeded(&account.id);
     Ok(session_for(&account))
 }
`;

const STORE = `@@ -7,5 +7,26 @@ pub struct Store
     path: PathBuf,
 }
 
+impl Store {
+    /// Failures survive a restart: a limit that a crash resets is no limit.
+    pub fn failures(&self) -> Result<Failures, StoreError> {
+        let text = fs::read_to_string(self.path.join("failures.json"))?;
+        Ok(serde_json::from_str(&text)?)
+    }
+}
+
 impl Drop for Store {
`;

const TESTS = `@@ -0,0 +1,8 @@
+//! Logging in too often.
+
+#[tokio::test]
+async fn the_sixth_try_is_refused_with_retry_after() {
+    let shop = Shop::start().await;
+    let answer = shop.log_in_wrong(6).await;
+    assert_eq!(answer.status(), 429);
+}
`;

const MAIL = `@@ -22,11 +22,13 @@ impl OrderMail
-    pub fn render(&self, order: &Order) -> Mail {
-        let words = Words::english();
+    pub fn render(&self, order: &Order, locale: &Locale) -> Mail {
+        let words = Words::of(locale);
         let mut mail = Mail::to(&order.buyer);
         mail.subject(words.say("order.subject", &order.number));
-        mail.line(&format!("{}, {}", order.street, order.town));
+        mail.line(&words.address(&order.street, &order.town));
+        mail.line(&words.say("order.ships", &order.ships_on(locale)));
         for line in &order.lines {
             mail.row(&line.name, line.amount);
         }
         mail
     }
 }
`;

const GERMAN = `@@ -9,4 +9,7 @@
 [order]
-subject = "Your order {}"
+subject = "Ihre Bestellung {}"
+ships = "Versand am {}"
+address = "{}, {}"
+
 [basket]
 empty = "Der Warenkorb ist leer"
`;

function file(path: string, added: number, removed: number, patch: string, change: FileDiffView["change"] = "modified"): FileDiffView {
  return { path, old_path: null, change, added, removed, patch, cut: false };
}

export function diff(task: string): DiffView {
  if (["TASK-118", "TASK-119", "TASK-120", "TASK-121", "TASK-122", "TASK-123"].includes(task)) return { base: "main", commit: null, files: [], conflicts: [], none: "Nobody has worked on it yet, so there is no branch.", from: null, notes: [] };
  if (task === "TASK-109") return { base: "main", commit: COMMIT, files: [file("src/lib.rs", 1, 0, "@@ -4,2 +4,3 @@\n mod mail;\n+mod locale;\n mod order;\n"), file("src/mail/order.rs", 5, 3, MAIL), file("locales/de.toml", 4, 1, GERMAN)], conflicts: ["src/mail/order.rs", "locales/de.toml"], none: null, from: null, notes: [] };
  return {
    base: "main",
    commit: COMMIT,
    files: [file("src/auth/limit.rs", 86, 3, LIMIT), file("src/auth/login.rs", 12, 4, LOGIN), file("src/store.rs", 21, 0, STORE), file("tests/login.rs", 64, 0, TESTS, "added")],
    conflicts: [],
    none: null,
    from: null,
    notes: [],
  };
}

/** A diff of so many lines, to see that long ones scroll smoothly. */
export function longDiff(lines: number): DiffView {
  const body = Array.from({ length: lines }, (_, index) => (index % 7 === 3 ? `-    let old_${index} = compute(${index}, "some text");` : index % 3 === 0 ? `+    let value_${index} = compute(${index}, "some text"); // line ${index}` : `     keep_${index}(&mut state)?;`));
  return { base: "main", commit: COMMIT, files: [file("src/generated.rs", lines, lines, [`@@ -1,${lines} +1,${lines} @@`, ...body].join("\n"))], conflicts: [], none: null, from: null, notes: [] };
}
