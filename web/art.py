"""Side views of vehicles, one per body type, until photos come: shapes here, paint in `static/css/art.css`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """SVG path data in a 400 by 160 box, front to the right; wheels are `(x, radius)`, their centres on one line."""

    body: str
    glass: str
    pillars: str
    seams: str
    crease: str
    wheels: tuple[tuple[int, int], tuple[int, int]]
    head_light: str
    tail_light: str
    handles: tuple[tuple[int, int], ...]
    trim: str = ""
    seats: str = ""


SEDAN = Shape(
    body="M24 116C19 106 20 95 27 88C40 80 66 78 86 76C108 56 136 43 178 42C220 41 244 50 274 74C312 78 350 84 366 95"
    "C377 102 379 113 375 122C373 127 369 129 362 129L36 129C28 129 26 123 24 116Z",
    glass="M106 75C124 60 148 52 178 51C208 50 230 57 256 75Z",
    pillars="M182 50L186 77M122 64L116 77",
    seams="M186 77C184 96 186 112 190 124L264 124C276 112 276 90 268 76M114 77C112 92 116 100 128 110",
    crease="M32 92C120 84 260 84 356 97",
    wheels=((94, 24), (306, 24)),
    head_light="M346 90C358 93 366 97 370 103C360 103 350 99 346 90Z",
    tail_light="M24 95C30 91 38 90 44 91C42 97 34 100 23 101Z",
    handles=((132, 88), (202, 88)),
)
COUPE = Shape(
    body="M22 116C17 106 19 95 30 88C52 80 72 77 94 71C124 55 152 48 188 48C216 48 238 60 264 78C308 80 354 87 372 99"
    "C382 106 382 115 378 123C376 127 372 129 366 129L34 129C27 129 24 122 22 116Z",
    glass="M116 74C138 61 162 57 187 57C209 57 226 65 246 77Z",
    pillars="M150 58L140 77",
    seams="M146 78C144 98 148 114 156 124L254 124C266 112 266 92 258 79",
    crease="M32 93C124 84 264 86 362 101",
    wheels=((92, 25), (310, 25)),
    head_light="M348 93C362 96 372 101 376 107C364 107 354 103 348 93Z",
    tail_light="M22 96C30 91 42 90 50 91C46 97 36 100 20 101Z",
    handles=((160, 89),),
    trim="M20 84L52 78L50 82L26 88Z",
)
HATCHBACK = Shape(
    body="M42 116C35 104 37 87 48 75C62 56 84 43 122 41C172 37 212 43 258 75C302 79 338 86 352 97"
    "C362 104 363 114 359 122C357 127 353 129 347 129L52 129C45 129 44 122 42 116Z",
    glass="M70 75C81 61 97 52 124 50C167 46 201 51 238 75Z",
    pillars="M164 47L168 77M104 52L98 77",
    seams="M168 77C166 96 168 112 172 124L246 124C258 112 260 92 252 77M98 77C98 92 102 100 116 108",
    crease="M44 92C130 84 250 84 344 98",
    wheels=((104, 24), (290, 24)),
    head_light="M332 91C344 94 352 98 356 104C346 105 336 101 332 91Z",
    tail_light="M47 78C53 76 60 80 62 86C56 92 48 93 41 92Z",
    handles=((118, 88), (184, 88)),
)
SUV = Shape(
    body="M30 112C26 96 28 78 35 68C41 46 50 35 74 33C122 29 180 29 214 33C238 37 256 52 272 70C312 72 348 77 360 88"
    "C371 97 373 112 369 123C367 128 363 130 357 130L42 130C34 130 32 120 30 112Z",
    glass="M55 69C57 53 63 44 78 43C118 40 176 40 208 43C227 46 240 57 252 70Z",
    pillars="M168 40L172 72M100 41L94 72",
    seams="M172 72C170 94 172 112 176 124L258 124C270 110 272 88 264 71M94 72C94 90 98 98 112 106",
    crease="M32 90C124 82 260 82 362 94",
    wheels=((98, 28), (304, 28)),
    head_light="M344 81C356 84 363 89 366 96C354 97 346 92 344 81Z",
    tail_light="M32 74C38 72 44 74 46 79L44 94L29 95C28 88 29 80 32 74Z",
    handles=((118, 84), (190, 84)),
    trim="M72 27L206 27C210 27 212 29 210 31L70 31C68 29 69 27 72 27Z",
)
WAGON = Shape(
    body="M26 116C21 100 25 83 38 72C50 53 66 44 96 42C130 39 160 40 188 42C222 44 246 54 276 75C314 79 352 85 366 95"
    "C377 102 379 113 375 122C373 127 369 129 362 129L38 129C30 129 28 123 26 116Z",
    glass="M62 73C72 59 82 52 100 51C130 48 162 49 186 51C212 53 232 60 256 75Z",
    pillars="M184 50L188 77M118 50L112 77",
    seams="M188 77C186 96 188 112 192 124L264 124C276 112 276 92 268 77M112 77C112 92 116 100 128 108",
    crease="M30 92C122 84 260 84 356 97",
    wheels=((96, 24), (308, 24)),
    head_light="M346 90C358 93 366 97 370 103C360 103 350 99 346 90Z",
    tail_light="M32 79C38 76 46 78 50 83C46 92 36 95 25 96Z",
    handles=((134, 88), (206, 88)),
    trim="M92 36L186 36C190 36 192 38 190 40L90 40C88 38 89 36 92 36Z",
)
VAN = Shape(
    body="M26 114L27 50C28 34 36 25 54 25L238 25C264 27 288 46 308 70C338 75 358 83 366 95C374 105 374 114 370 123"
    "C368 128 364 130 358 130L40 130C31 130 27 122 26 114Z",
    glass="M192 68L192 39L236 39C256 41 272 54 286 70ZM112 68L112 39L180 39L180 68Z"
    "M44 68L44 44C44 41 47 39 50 39L100 39L100 68Z",
    pillars="",
    seams="M186 30L186 124M106 30L106 118L120 118M186 124L272 124C288 112 292 92 288 72M112 76L180 76",
    crease="M30 92C120 88 260 86 360 97",
    wheels=((96, 25), (312, 25)),
    head_light="M346 87C358 90 366 96 368 103C356 104 348 99 346 87Z",
    tail_light="M27 62L34 62C36 62 37 64 37 66L37 88L27 88Z",
    handles=((164, 84), (200, 84)),
)
PICKUP = Shape(
    body="M18 112C16 98 17 86 20 79L148 77L152 48C153 38 161 33 175 33L214 33C238 35 252 50 268 72C312 74 350 78 362 89"
    "C372 98 373 112 369 123C367 128 363 130 357 130L32 130C23 130 20 121 18 112Z",
    glass="M160 72L163 51C164 45 168 43 178 43L210 43C227 46 238 57 249 72Z",
    pillars="M200 42L202 74",
    seams="M148 78L148 124M202 74C200 96 202 112 204 124L260 124C270 110 272 90 264 73M24 86L142 85",
    crease="M24 96C124 92 260 86 364 97",
    wheels=((88, 28), (308, 28)),
    head_light="M344 82C358 84 366 90 368 98C354 99 346 94 344 82Z",
    tail_light="M20 82L28 82L28 98L17 98C17 92 18 86 20 82Z",
    handles=((164, 86), (216, 86)),
)
CONVERTIBLE = Shape(
    body="M22 116C17 106 19 94 32 88C58 79 86 76 108 77C120 79 130 82 140 82L232 82C244 80 254 79 266 79"
    "C310 81 354 87 372 99C382 106 382 115 378 123C376 127 372 129 366 129L34 129C27 129 24 122 22 116Z",
    glass="M258 79L232 52C231 50 233 49 235 50C246 56 262 68 272 79Z",
    pillars="M258 80L231 51",
    seams="M144 83C142 100 146 114 154 124L254 124C266 112 268 94 262 80",
    crease="M32 94C124 86 264 88 362 101",
    wheels=((92, 25), (310, 25)),
    head_light="M348 93C362 96 372 101 376 107C364 107 354 103 348 93Z",
    tail_light="M22 96C30 91 42 90 50 91C46 97 36 100 20 101Z",
    handles=((160, 92),),
    trim="M92 77C96 68 112 66 128 72C134 75 138 79 140 82L108 78Z",
    seats="M150 83C148 68 154 62 162 62C170 62 174 68 172 83ZM192 83C190 68 196 62 204 62C212 62 216 68 214 83Z"
    "M222 74L230 82L226 84L219 77Z",
)
SHAPES = {
    "sedan": SEDAN,
    "coupe": COUPE,
    "hatchback": HATCHBACK,
    "suv": SUV,
    "wagon": WAGON,
    "van": VAN,
    "pickup": PICKUP,
    "convertible": CONVERTIBLE,
}

# The first word found in a maker's colour name decides ("Midnight Silver Metallic" is silver).
PAINTS = {
    "white": ("white", "pearl", "ivory", "cream", "snow", "alabaster"),
    "silver": ("silver", "platinum", "aluminum", "chrome"),
    "gray": ("gray", "grey", "graphite", "charcoal", "gunmetal", "slate", "steel", "magnetic", "cement", "lunar"),
    "red": ("red", "ruby", "crimson", "maroon", "burgundy", "scarlet", "garnet", "cherry"),
    "orange": ("orange", "copper", "sunset", "tangerine"),
    "brown": ("brown", "bronze", "mocha", "espresso", "walnut"),
    "beige": ("beige", "tan", "sand", "champagne", "quicksand", "khaki"),
    "gold": ("gold",),
    "yellow": ("yellow", "lemon"),
    "green": ("green", "olive", "emerald", "jade", "sage"),
    "blue": ("blue", "navy", "azure", "teal", "cobalt", "indigo"),
    "purple": ("purple", "violet", "plum"),
    "black": ("black", "onyx", "obsidian", "ebony", "midnight", "jet"),
}


def shape_of(body_type: str) -> Shape:
    """The drawing of a body type; a sedan stands in for one we cannot draw."""
    return SHAPES.get(body_type, SEDAN)


def paint_of(color_name: str) -> str:
    """The paint class of a maker's colour name, `gray` for a name that says nothing."""
    spoken = color_name.lower()
    exact = [paint for paint in PAINTS if paint in spoken.split()]
    if exact:
        return exact[-1]
    return next((paint for paint, names in PAINTS.items() if any(name in spoken for name in names)), "gray")
