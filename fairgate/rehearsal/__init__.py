"""An on-sale before the day: a copy of the event, buyers who do not exist, and a report of what came of it."""
