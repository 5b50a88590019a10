"""What a request may hold at most, and what it gets where it does not say. Plain numbers: the command line shows them
without waiting for what checks requests.
"""

MAX_K = 1_000
MAX_BEAMS = 1_000
MAX_TOKENS = 4_096
COLDEST, HOTTEST = 1e-3, 1e3  # temperatures; beyond, float32 has no room for what is divided by one
MAX_QUERY = 2_000  # characters
MAX_MESSAGE = 32_000  # characters
MAX_MESSAGES = 256
MAX_IDS = 1_000_000
MAX_ID = 1_000  # characters
MAX_SEED = (1 << 63) - 1
MAX_LOOKUPS = 100  # items asked for by id in one request
MAX_EVENTS = 1_000
MAX_CHOICES = 4  # answers to one chat request
LAST_SECOND = 253_402_300_799  # of the year 9999
BEAMS = 30
WRITTEN = 80  # tokens of text, at most, where nobody says
