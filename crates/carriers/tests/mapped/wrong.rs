//! Descriptions that cannot be used.

use ringback_carriers::Mapped;

use super::FORM;

#[test]
fn what_is_wrong_with_a_description_is_told_with_its_place() {
    let hmac = "kind = \"hmac\"\nheader = \"X\"\nhash = \"md5\"\nencoding = \"base64\"\nsigned = \"{body}\"";
    let auth = |lines: &str| FORM.replace("kind = \"none\"", lines);
    let close = |lines: &str| format!("{FORM}\n[close]\nfield = \"$.c\"\n{lines}");
    for (text, path, problem) in [
        ("code = ".to_owned(), "line 1", ""),
        (FORM.replace("[events]\n", "[events\n"), "line 12", ""),
        (FORM.replace("name =", "nickname ="), "nickname", "unknown field"),
        (
            FORM.replace("name = \"Example\"\n", ""),
            "the description",
            "missing field `name`",
        ),
        (FORM.replace("\"xx\"", "\"X\""), "code", "small letters"),
        (FORM.replace("\"xx\"", "\"ac\""), "code", "of no carrier"),
        (FORM.replace("\"xx\"", "\"own\""), "code", "of no carrier"),
        (FORM.replace("\"form\"", "\"yaml\""), "format", "unknown variant"),
        (FORM.replace("\"$.id\"", "\"id\""), "fields.call", ""),
        (
            FORM.replace("call = \"$.id\"\n", ""),
            "fields",
            "missing field `call`",
        ),
        (
            FORM.replace("leg = \"b\"", "leg = \"c\""),
            "events.map.answered.leg",
            "unknown variant",
        ),
        (
            FORM.replace("\"bridged\"", "\"b.bridged\""),
            "events.map.answered.happened[1]",
            "unknown variant",
        ),
        (
            FORM.replace("kind = \"answered\"", "kind = \"placed\""),
            "events.map.answered.kind",
            "unknown variant",
        ),
        (FORM.replace("[\"$.event\"]", "[]"), "events.fields", "is empty"),
        (FORM.replace("\"unix\"", "\"%H\""), "time.zone", "is missing"),
        (
            FORM.replace("\"unix\"", "\"%H\"\nzone = \"+08:00\""),
            "time.format",
            "date and time",
        ),
        (
            FORM.replace("format = \"form\"", "format = \"form\"\ncountry-code = \"+86\""),
            "country-code",
            "digits",
        ),
        (close("[close.map]\n1 = 8"), "close.map.1", "close cause"),
        (close("[close.map]\n1 = \"bussy\""), "close.map.1", "close cause"),
        (
            close("leg = \"$.l\"\n[close.map]\n1 = 2"),
            "close.legs",
            "close.leg",
        ),
        (
            format!("{FORM}\n[acknowledgement]\nstatus = 500"),
            "acknowledgement.status",
            "200 to 299",
        ),
        (
            format!("{FORM}\n[acknowledgement]\nbody = \"x\""),
            "acknowledgement.content-type",
            "body",
        ),
        (
            auth("kind = \"none\"\nheader = \"X\""),
            "auth.header",
            "does not belong",
        ),
        (
            auth("kind = \"basic\"\nprefix = \"X\""),
            "auth.prefix",
            "does not belong",
        ),
        (auth("kind = \"header-token\""), "auth.header", "is missing"),
        (
            auth("kind = \"header-token\"\nheader = \"X\"\nhash = \"md5\""),
            "auth.hash",
            "does not belong",
        ),
        (auth("kind = \"oauth\""), "auth.kind", "unknown variant"),
        (
            auth(&hmac.replace("hash = \"md5\"\n", "")),
            "auth.hash",
            "is missing",
        ),
        (
            auth(&hmac.replace("header = \"X\"\n", "")),
            "auth.header",
            "is missing",
        ),
        (
            auth(&format!("{hmac}\nparameter = \"s\"")),
            "auth.parameter",
            "needless",
        ),
        (auth(&hmac.replace("{body}", "{bdy}")), "auth.signed", "bdy"),
        (
            auth(&hmac.replace("{body}", "{body}{secret}")),
            "auth.signed",
            "is the key",
        ),
        (
            auth(&format!("{hmac}\ndigest = \"plain\"")),
            "auth.signed",
            "leaves the secret out",
        ),
        (
            auth(&hmac.replace("header = \"X\"", "parameter = \"s\"")),
            "auth.signed",
            "holds the signature",
        ),
        (
            auth(&hmac.replace("{body}", "{body}{nonce}")),
            "auth.nonce-header",
            "is missing",
        ),
        (
            auth(&format!("{hmac}\nnonce-header = \"N\"")),
            "auth.nonce-header",
            "not part",
        ),
        (
            auth(&format!("{hmac}\ntimestamp-header = \"T\"")),
            "auth.timestamp-header",
            "not part",
        ),
        (
            auth(&format!("{hmac}\ntimestamp-format = \"unix\"")),
            "auth.timestamp-format",
            "needless",
        ),
    ] {
        let error = Mapped::parse(&text).map(|_| ()).unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.problem.contains(problem), "{error}");
    }
}
