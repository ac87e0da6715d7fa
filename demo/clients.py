"""The demo firms' clients, the tags that they carry, and the roles that members hold at them."""

from models.seen import AccountType

TAGS = {
    "VIP": "#eb5757",
    "Sole proprietor": "#2f80ed",
    "S corporation": "#9b51e0",
    "Nonprofit": "#27ae60",
    "Quarterly estimates": "#f2994a",
    "Multi-state": "#56ccf2",
    "New this year": "#bb6bd9",
}

ROLES = ("Preparer", "Reviewer", "Bookkeeper")

_COMPANIES = (
    "Alder & Finch Architects", "Bayside Dental", "Blue Heron Coffee Roasters", "Brightwater Plumbing",
    "Cedar Street Books", "Copperfield Construction", "Dovetail Furniture", "Eastgate Veterinary Clinic",
    "Fernhill Landscaping", "Granite Peak Climbing", "Harbor Light Marine", "Ironbridge Logistics",
    "Juniper Wellness Studio", "Kestrel Robotics", "Lakeview Auto Repair", "Maple & Main Bakery",
    "Northfield Orchards", "Old Mill Brewing", "Pinecrest Property Management", "Quarry Road Pottery",
    "Redwood Film Works", "Stonebridge Catering", "Tidewater Surf Shop", "Violet Hour Restaurant",
)  # fmt: skip
_INDIVIDUALS = (
    "Amelia and Daniel Ross", "Benjamin Ortiz", "Carla Jimenez", "David Okafor", "Elena Petrova",
    "Frank and Judy Nolan", "Gloria Whitfield", "Hiro Tanaka", "Isabel Moreau", "James Callahan",
    "Katherine Doyle", "Liam Fitzgerald", "Maria Rossi", "Nathan Greene", "Omar Haddad", "Paula Lindqvist",
    "Quentin Marsh", "Rosa and Luis Delgado", "Samuel Adeyemi", "Teresa Nguyen", "Ursula Klein",
    "Victor Almeida", "Wendy Sutton", "Xavier Dupont",
)  # fmt: skip
_OTHERS = ("Riverside Food Pantry", "The Whitcomb Family Trust", "Friends of the Old Library")

#: Every client of the demo firm, by name.
CLIENTS = {
    **dict.fromkeys(_COMPANIES, AccountType.COMPANY),
    **dict.fromkeys(_INDIVIDUALS, AccountType.INDIVIDUAL),
    **dict.fromkeys(_OTHERS, AccountType.OTHER),
}

#: What contacts are called where they are.
TITLES = ("Owner", "Managing director", "Office manager", "Bookkeeper")
#: Who is at a client that is no person, by turns; and how they are written to.
CONTACTS = (
    ("Anja Vogel", "de"), ("Bruno Castellano", "en-US"), ("Chiara Fontana", "it"), ("Derek Osei", "en-US"),
    ("Émilie Laurent", "fr"), ("Fatima Rahman", "en-US"), ("Göran Åkesson", "sv"), ("Helen Park", "en-US"),
    ("Ines Carvalho", "pt-BR"), ("Jonas Weber", "de"), ("Keiko Arai", "ja"), ("Lucía Herrera", "es-US"),
)  # fmt: skip

OTHER_CLIENTS = {
    "Hollow Oak Winery": AccountType.COMPANY,
    "Meadowlark Nursery": AccountType.COMPANY,
    "Silverline Taxi": AccountType.COMPANY,
    "Yusuf Demir": AccountType.INDIVIDUAL,
    "Zoe Armstrong": AccountType.INDIVIDUAL,
}
