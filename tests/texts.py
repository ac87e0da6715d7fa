"""Texts that show nothing, or that do more than to be read; and texts that people need."""

#: Of which nothing can be seen.
NOTHING = {
    "empty": "",
    "blanks": " \t\u00a0\u2003\u3000",
    "zero width space": "\u200b",
    "zero width joiner": "\u200d",
    "byte order mark": "\ufeff",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "grapheme joiner": "\u034f",
    "invisible times": "\u2062",
    "marks of direction": "\u200e\u200f\u061c",
    "an empty isolate": "\u2067\u2069",
    "hangul fillers": "\u3164\u115f\u1160\uffa0",
    "braille blank": "\u2800",
    "khmer inherent vowel": "\u17b4",
    "mongolian separator": "\u180e",
    "variation selectors": "\ufe0f\U000e0100",
    "letters of tags": "\U000e0041\U000e0042\U000e007f",
    "a mark alone": "\u0301",
    "a sign that vowels stand on": "\u093e",
    "null notehead": "\U0001d159",
    "reserved as ignorable": "\U000e0fff",
    "annotation": "\ufff9\ufffb",
    "all of them": "\u200b\u3164\u2800\u00a0\u0301\ufe0f",
}
#: What no text may hold that is shown to somebody.
CONTROLS = {
    "nul": "a\0b",
    "bell": "a\x07b",
    "escape": "x\x1b]2;T\x1b\\y",
    "vertical tab": "a\x0bb",
    "form feed": "a\x0cb",
    "delete": "a\x7fb",
    "control sequence of C1": "a\x9bb",
    "next line": "a\x85b",
}
#: What has no place in one line of text.
NO_LINE = CONTROLS | {
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "tab": "a\tb",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "no character": "a\uffffb",
    "filler in between": "a\u3164b",
    "hidden letters": "a\U000e0068\U000e0069b",
    "override": "fdp.\u202eexe\u202c",
    "an isolate that stays open": "\u2067abc",
    "an embedding that stays open": "abc\u202b",
    "the end of another's isolate": "abc\u2069 (4)",
    "ends the wrong way round": "\u2067\u202bab\u2069\u202c",
}
#: A name, and as what it is kept.
GOOD = {
    "a family": ("👩‍👩‍👧", "👩‍👩‍👧"),
    "a red heart": ("❤️", "❤️"),
    "a keycap": ("1️⃣", "1️⃣"),
    "the flag of Wales": (
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    ),
    "an emoji of Unicode 15": ("\U0001fae8", "\U0001fae8"),
    "Persian": ("می\u200cخواهم", "می\u200cخواهم"),
    "Hebrew with a mark": ("שלום\u200f (1)", "שלום\u200f (1)"),
    "an isolate": ("Acme \u2068שלום\u2069 Inc", "Acme \u2068שלום\u2069 Inc"),
    "a variant of a character": ("葛\U000e0100城", "葛\U000e0100城"),
    "composed": ("Cafe\u0301", "Café"),
    "blanks around": (" \u00a0Acme\u3164\u2800\n", "Acme"),
    "where a line may be broken": ("\ufeffAc\u00adme\u200b Inc", "Acme Inc"),
}
