"""`fairgate doctor`: what is the bottleneck, by which evidence, and what to do.

`scene` looks, once and for a few seconds; the rules judge what was seen and never look themselves; `report` tells.
"""
