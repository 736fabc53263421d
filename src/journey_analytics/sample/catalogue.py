"""Invented words of the sample: products, pages, help articles, people, streets and what they write."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """A shoe: its id, path, name, category and price in cents of the shop's currency."""

    sku: str
    handle: str
    name: str
    category: str
    cents: int


PRODUCTS = tuple(
    Product(f"SKU-{number:03d}", handle, name, category, cents)
    for number, (handle, name, category, cents) in enumerate(
        [
            ("aire-soporte-lumbar", "Aire Soporte Lumbar", "running", 12990),
            ("brisa-10k", "Brisa 10K", "running", 8990),
            ("cumbre-trail", "Cumbre Trail", "trail", 13950),
            ("duna-trail-gtx", "Duna Trail GTX", "trail", 15900),
            ("eco-paseo", "Eco Paseo", "walking", 6990),
            ("faro-urbana", "Faro Urbana", "urban", 7450),
            ("galope-carbono", "Galope Carbono", "running", 19900),
            ("horizonte-maraton", "Horizonte Maratón", "running", 16490),
            ("isla-sandalia", "Isla Sandalia", "walking", 4590),
            ("juego-padel", "Juego Pádel", "court", 9490),
            ("kilometro-cero", "Kilómetro Cero", "running", 5990),
            ("liga-sala", "Liga Sala", "court", 7990),
        ],
        start=1,
    )
)
CATEGORIES = ("running", "trail", "walking", "urban", "court")

# Help-centre articles: id and the words of its address.
ARTICLES = (
    ("236746", "gastos-y-plazos-de-envio"),
    ("236750", "como-devolver-un-pedido"),
    ("236761", "seguir-mi-pedido"),
    ("236772", "guia-de-tallas"),
    ("236783", "formas-de-pago"),
    ("236794", "zapatillas-y-dolor-de-espalda"),
)
POLICY_PAGES = ("/policies/shipping-policy", "/policies/refund-policy")
SEARCHES = (
    "zapatillas running",
    "soporte lumbar",
    "trail impermeable",
    "talla 43",
    "padel",
    "oferta maraton",
)
ADS = (
    ("70001", "marca", "71001", "zapatillas norte"),
    ("70002", "running_espalda", "71002", "zapatillas running dolor de espalda"),
    ("70003", "trail_otono", "71003", "zapatillas trail impermeables"),
)

FIRST_NAMES = {
    "es": (
        "Adelma",
        "Bruno",
        "Candela",
        "Dario",
        "Elvira",
        "Fermin",
        "Graciela",
        "Hugo",
        "Ines",
        "Jacinto",
        "Lorena",
        "Nicolas",
    ),
    "uk": (
        "Alistair",
        "Beatrix",
        "Callum",
        "Daphne",
        "Edmund",
        "Fiona",
        "Gareth",
        "Harriet",
        "Imogen",
        "Jasper",
    ),
    "us": ("Abigail", "Brandon", "Cheyenne", "Dakota", "Everett", "Faith"),
}
# Invented family names: a leak scan may look for them without meeting ordinary words.
LAST_NAMES = {
    "es": (
        "Quintabarro",
        "Villaserrana",
        "Ortumendi",
        "Peñaluz",
        "Zaldibarro",
        "Carramolino",
        "Monteferro",
        "Arizmendela",
        "Lagosegura",
        "Trasvalle",
    ),
    "uk": (
        "Thistlecombe",
        "Wetherbrook",
        "Ashgrovely",
        "Penhallowby",
        "Crowmarshe",
        "Dunfordley",
        "Hexworthing",
    ),
    "us": ("Hollowayne", "Brackenfield", "Sutterlin", "Maplethorne", "Vandermoss"),
}
STREETS = {
    "es": ("Calle Invención", "Avenida Supuesta", "Paseo de la Muestra", "Plaza Imaginada"),
    "uk": ("Specimen Road", "Pretend Lane", "Fictional Mews"),
    "us": ("Placeholder Avenue", "Imaginary Drive"),
}
CITIES = {
    "es": (("Madrid", "28013"), ("Bilbao", "48009"), ("Valencia", "46002"), ("Sevilla", "41004")),
    "uk": (("Leeds", "LS1 4AP"), ("Bristol", "BS1 5TR"), ("Glasgow", "G2 1DU")),
    "us": (("Portland", "97205"), ("Austin", "78701")),
}
# Ranges that no network and no telephone uses: RFC 5737 addresses, unassigned or drama numbers.
PHONE_PREFIXES = {"es": "+34 555", "uk": "+44 7700 900", "us": "+1 555 01"}
IP_PREFIXES = {"es": "203.0.113.", "uk": "198.51.100.", "us": "192.0.2."}

QUESTIONS = (
    "Tengo dolor de espalda, ¿qué zapatilla me recomendáis?",
    "¿Cuánto tarda el envío?",
    "¿Puedo devolverlas si no me quedan bien?",
    "¿Tenéis la talla 43?",
    "¿Por qué el envío cuesta tanto?",
)
ANSWERS = (
    "Claro, le cuento. Aquí lo explica: https://{host}/support/solutions/articles/{article}",
    "El plazo normal es de 2 a 4 días laborables.",
    "Sí, tiene 30 días para devolverlas.",
)
CARRIERS = ("Correos Express", "SEUR", "DPD")
USER_AGENTS = {
    "desktop": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "mobile": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "tablet": "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1",
}
