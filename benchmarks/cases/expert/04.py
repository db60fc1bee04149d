"""Two columns, the items as codes; one text for each order instead of one for each row."""

from collections import Counter
from itertools import combinations

import pandas as pd

orders = pd.read_csv("orders.csv", usecols=["Order No", "Item"], dtype={"Order No": "int32", "Item": "category"})
multi = orders[orders["Order No"].duplicated(keep=False)]
count = Counter()
for _, items in multi.groupby("Order No", sort=False)["Item"]:
    count.update(combinations(items, 2))
top = count.most_common(10)
