//! One set of tests for each way a folder is done.

macro_rules! conformance {
    ($name:ident, $folder:ty, $flags:expr) => {
        mod $name {
            use super::super::{Kind, MAX_BYTES, Reading};
            use std::{ffi::OsStr, fs, io};

            fn world() -> (tempfile::TempDir, $folder, $folder) {
                let dir = tempfile::tempdir().unwrap();
                fs::create_dir_all(dir.path().join("a")).unwrap();
                fs::create_dir_all(dir.path().join("b/c")).unwrap();
                let one = <$folder>::open(dir.path(), &["a"], $flags).unwrap();
                let two = <$folder>::open(dir.path(), &["b", "c"], $flags).unwrap();
                (dir, one, two)
            }

            fn text(folder: &$folder, name: &str) -> String {
                match folder.read(OsStr::new(name)).unwrap() {
                    Reading::Text(bytes, _) => String::from_utf8(bytes).unwrap(),
                    other => panic!("{other:?}"),
                }
            }

            #[test]
            fn a_rename_never_replaces() {
                let (_dir, one, two) = world();
                one.write_new("x", b"one", None).unwrap();
                two.write_new("x", b"two", None).unwrap();
                let refused = one.rename_new("x", &two, "x").unwrap_err();
                assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
                one.rename_new("x", &two, "y").unwrap();
                assert_eq!(
                    (text(&two, "x"), text(&two, "y")),
                    ("two".into(), "one".into())
                );
                let gone = one.rename_new("x", &two, "z").unwrap_err();
                assert_eq!(gone.kind(), io::ErrorKind::NotFound);
                one.sync().unwrap();
                two.sync().unwrap();
            }

            #[test]
            fn a_new_file_never_replaces() {
                let (_dir, one, _) = world();
                one.write_new("x", b"first", None).unwrap();
                let refused = one.write_new("x", b"second", None).unwrap_err();
                assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
                assert_eq!(text(&one, "x"), "first");
                one.remove("x").unwrap();
                one.remove("x").unwrap();
                assert!(one.names().unwrap().is_empty());
            }

            #[test]
            fn an_exchange_is_whole_or_not_at_all() {
                let (_dir, one, _) = world();
                one.write_new("x", b"1", None).unwrap();
                one.write_new("y", b"2", None).unwrap();
                if one.exchange("x", "y").unwrap() {
                    assert_eq!((text(&one, "x"), text(&one, "y")), ("2".into(), "1".into()));
                    let gone = one.exchange("x", "z").unwrap_err();
                    assert_eq!(gone.kind(), io::ErrorKind::NotFound);
                } else {
                    assert_eq!((text(&one, "x"), text(&one, "y")), ("1".into(), "2".into()));
                }
            }

            #[test]
            fn what_is_no_file_is_not_opened() {
                let (dir, one, _) = world();
                one.make_folder("f").unwrap();
                one.make_folder("f").unwrap();
                let large = usize::try_from(MAX_BYTES).unwrap() + 1;
                fs::write(dir.path().join("a/large"), vec![b'x'; large]).unwrap();
                fs::write(dir.path().join("a/full"), vec![b'x'; large - 1]).unwrap();
                assert!(matches!(
                    one.read(OsStr::new("large")).unwrap(),
                    Reading::TooLarge(_)
                ));
                assert!(matches!(
                    one.read(OsStr::new("full")).unwrap(),
                    Reading::Text(..)
                ));
                let kind = |name: &str| match one.read(OsStr::new(name)).unwrap() {
                    Reading::NoFile(look) => look.kind,
                    other => panic!("{other:?}"),
                };
                assert_eq!(kind("f"), Kind::Folder);
                #[cfg(unix)]
                {
                    std::os::unix::fs::symlink("full", dir.path().join("a/link")).unwrap();
                    assert_eq!(kind("link"), Kind::Link);
                    let fifo = dir.path().join("a/fifo");
                    rustix::fs::mkfifoat(rustix::fs::CWD, fifo, rustix::fs::Mode::RWXU).unwrap();
                    assert_eq!(kind("fifo"), Kind::Other);
                }
            }

            #[test]
            #[cfg(unix)]
            fn no_link_leads_out() {
                let (dir, _, _) = world();
                let outside = tempfile::tempdir().unwrap();
                fs::create_dir(outside.path().join("c")).unwrap();
                for (name, to) in [("l", outside.path()), ("up", "..".as_ref())] {
                    std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
                    for inner in [vec![name], vec![name, "c"]] {
                        let refused = <$folder>::open(dir.path(), &inner, $flags).unwrap_err();
                        assert!(
                            refused.to_string().contains("leads out"),
                            "{inner:?} {refused}"
                        );
                    }
                }
            }

            #[test]
            fn moving_out_takes_the_file_away() {
                let (dir, one, _) = world();
                one.write_new("x", b"1", None).unwrap();
                assert!(one.move_out("x", &dir.path().join("elsewhere")).unwrap());
                assert!(one.names().unwrap().is_empty());
                assert_eq!(fs::read(dir.path().join("elsewhere")).unwrap(), b"1");
            }
        }
    };
}

#[cfg(unix)]
conformance!(with_rename_flags, super::super::unix::Folder, true);
#[cfg(unix)]
conformance!(without_rename_flags, super::super::unix::Folder, false);
conformance!(by_path, super::super::windows::Folder, true);

#[test]
#[cfg(unix)]
fn a_new_text_keeps_the_permissions_of_the_old_one() {
    use super::Folder;
    use std::{ffi::OsStr, os::unix::fs::PermissionsExt};
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::open(dir.path(), &[], true).unwrap();
    folder.write_new("x", b"1", None).unwrap();
    std::fs::set_permissions(dir.path().join("x"), PermissionsExt::from_mode(0o604)).unwrap();
    let old = folder.look(OsStr::new("x")).unwrap();
    folder.write_new("y", b"2", Some(&old)).unwrap();
    assert_eq!(folder.look(OsStr::new("y")).unwrap().mode, 0o604);
}
