//! Whose signature a package bears, and what it was signed as. The format is minisign's, as Tauri's signer writes it: the publisher signs
//! with `tauri signer sign --app-version`, so the version and the file's name stand in the part of the signature that is signed, too. An
//! old package with its true signature can therefore not be passed off as a new one.

use super::error::UpdateError;
use base64::{Engine, engine::general_purpose::STANDARD};
use minisign_verify::{Error, PublicKey, Signature, StreamVerifier};
use semver::Version;

/// Where a key's number stands in it.
const NUMBER: std::ops::Range<usize> = 2..10;

/// The publisher's public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    key: PublicKey,
    number: String,
}

impl Key {
    /// Reads a key: the text of a `.pub` file as minisign writes it, that text in base64 as Tauri writes it, or its last line alone.
    pub fn read(text: &str) -> Result<Self, UpdateError> {
        let text = text.trim();
        let plain = unpacked(text);
        let plain = plain.as_deref().unwrap_or(text);
        let last = plain.lines().last().unwrap_or_default().trim();
        let key = PublicKey::from_base64(last).map_err(|_| UpdateError::BadKey)?;
        let bytes = STANDARD.decode(last).map_err(|_| UpdateError::BadKey)?;
        let number = bytes.get(NUMBER).unwrap_or_default().iter().rev();
        Ok(Self {
            key,
            number: number.map(|byte| format!("{byte:02X}")).collect(),
        })
    }

    /// Its number, as its `.pub` file tells it: short enough to be compared by eye.
    pub fn id(&self) -> String {
        self.number.clone()
    }
}

/// What was written as base64 once more, if it was.
fn unpacked(text: &str) -> Option<String> {
    let bytes = STANDARD.decode(text).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| text.starts_with("untrusted comment:"))
}

/// A signature, and what it has to be for.
#[derive(Clone)]
pub struct Signed {
    key: Key,
    signature: Signature,
    version: Version,
    file: String,
}

impl Signed {
    /// Reads the signature that a list gives for a version's package, and refuses what is wrong with it without the package: another
    /// key, another version, another file.
    pub fn read(key: &Key, text: &str, version: &Version, file: &str) -> Result<Self, UpdateError> {
        let text = text.trim();
        let plain = unpacked(text);
        let signature = Signature::decode(plain.as_deref().unwrap_or(text))
            .map_err(|_| UpdateError::Unbound(version.clone()))?;
        let signed = Self {
            key: key.clone(),
            signature,
            version: version.clone(),
            file: file.to_owned(),
        };
        signed.check().map(|_| ())?;
        signed.must_be_for_it()?;
        Ok(signed)
    }

    /// Begins to take the package in.
    pub fn check(&self) -> Result<Checking<'_>, UpdateError> {
        match self.key.key.verify_stream(&self.signature) {
            Ok(verifier) => Ok(Checking {
                verifier,
                signed: self,
            }),
            Err(Error::UnexpectedKeyId) => Err(UpdateError::OtherKey(self.version.clone())),
            Err(_) => Err(UpdateError::Unbound(self.version.clone())),
        }
    }

    /// The signature's own words: `timestamp:…`, `file:…`, `version:…`, separated by tabs. They count only once they were checked with
    /// the package; asked before, they save a download.
    fn must_be_for_it(&self) -> Result<(), UpdateError> {
        let words = self.signature.trusted_comment();
        let said = |name: &str| {
            let mut words = words.split('\t');
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))
        };
        let (Some(version), Some(file)) = (said("version"), said("file")) else {
            return Err(UpdateError::Unbound(self.version.clone()));
        };
        if version
            .parse()
            .is_ok_and(|version: Version| version == self.version)
            && file == self.file
        {
            return Ok(());
        }
        let signed = format!("{version} ({file})");
        Err(UpdateError::PassedOff {
            offered: self.version.clone(),
            signed: signed
                .chars()
                .take(120)
                .map(crate::attention::shown)
                .collect(),
        })
    }
}

/// A package that is being looked at part by part.
pub struct Checking<'a> {
    verifier: StreamVerifier<'a>,
    signed: &'a Signed,
}

impl Checking<'_> {
    /// The next part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.verifier.update(bytes);
    }

    /// All of it was seen: it is what was signed, as what it is offered, or it is not used.
    pub fn done(mut self) -> Result<(), UpdateError> {
        self.verifier
            .finalize()
            .map_err(|_| UpdateError::NotAsSigned(self.signed.version.clone()))?;
        self.signed.must_be_for_it()
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Signed, UpdateError};

    // Made once with `tauri signer` 2.12.3; the private key is gone.
    const KEY: &str = "dW50cnVzdGVkIGNvbW1lbnQ6IG1pbmlzaWduIHB1YmxpYyBrZXk6IDRFQjZBRDhENzk3NDAxNjQKUldSa0FYUjVqYTIyVHNUS2IybCt0UEVGd3hXbDB1ZWp2eUJySzVBelYzdlJ6L3VPc2xxaFNXTG0K";
    const OTHER_KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from tauri secret key
RURkAXR5ja22Tq7p7Yuh2vzvjAkaCg9a6LCUK1SQdtqKZ7uw6iFIL2KO09BYAeTfjvmq+Cdv4vZcSgz1uJtG7Rr1Xd1rGskh2wc=
trusted comment: timestamp:1795217167\tfile:a.txt\tversion:9.9.9
c/nthOqsOE90wTZezInFz8WtJq09FMak/VCg74rZHaZ5ma+ZB175npI08OfkqBpGpjG8dgvdlAa94tm9EUqgCw==";

    fn checked(
        signature: &str,
        version: &str,
        file: &str,
        package: &[u8],
    ) -> Result<(), UpdateError> {
        let key = Key::read(KEY)?;
        let signed = Signed::read(&key, signature, &version.parse().unwrap(), file)?;
        let mut checking = signed.check()?;
        for part in package.chunks(2) {
            checking.part(part);
        }
        checking.done()
    }

    #[test]
    fn a_package_is_what_was_signed_or_is_refused() {
        checked(SIGNATURE, "9.9.9", "a.txt", b"hello\n").unwrap();
        let refused = checked(SIGNATURE, "9.9.9", "a.txt", b"hellO\n").unwrap_err();
        assert!(matches!(refused, UpdateError::NotAsSigned(_)), "{refused}");
        for (version, file) in [("10.0.0", "a.txt"), ("9.9.9", "b.txt")] {
            let refused = checked(SIGNATURE, version, file, b"hello\n").unwrap_err();
            assert!(
                matches!(&refused, UpdateError::PassedOff { signed, .. } if signed == "9.9.9 (a.txt)"),
                "{refused}"
            );
        }
    }

    #[test]
    fn what_the_signature_says_of_itself_is_signed_too() {
        let forged = SIGNATURE.replace("version:9.9.9", "version:10.0.0");
        let refused = checked(&forged, "10.0.0", "a.txt", b"hello\n").unwrap_err();
        assert!(matches!(refused, UpdateError::NotAsSigned(_)), "{refused}");
        for unbound in [
            SIGNATURE.replace("\tversion:9.9.9", ""),
            String::new(),
            "x\ny\nz\n".to_owned(),
        ] {
            let refused = checked(&unbound, "9.9.9", "a.txt", b"hello\n").unwrap_err();
            assert!(matches!(refused, UpdateError::Unbound(_)), "{refused}");
        }
    }

    #[test]
    fn another_key_is_told_before_anything_is_fetched() {
        let key = Key::read(OTHER_KEY).unwrap();
        let refused = Signed::read(&key, SIGNATURE, &"9.9.9".parse().unwrap(), "a.txt");
        assert!(matches!(refused, Err(UpdateError::OtherKey(_))));
    }

    #[test]
    fn keys_are_read_as_they_are_handed_round() {
        let lone = "RWRkAXR5ja22TsTKb2l+tPEFwxWl0uejvyBrK5AzV3vRz/uOslqhSWLm";
        let file = format!("untrusted comment: minisign public key: 4EB6AD8D79740164\n{lone}\n");
        for text in [KEY, lone, &file, &format!("  {KEY}\n")] {
            let key = Key::read(text).unwrap();
            assert_eq!(
                (&key, key.id().as_str()),
                (&Key::read(KEY).unwrap(), "4EB6AD8D79740164")
            );
        }
        for text in ["", "no key", "UlVSa0FYUjU=", SIGNATURE] {
            assert!(
                matches!(Key::read(text), Err(UpdateError::BadKey)),
                "{text}"
            );
        }
    }
}
