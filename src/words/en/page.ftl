# What the join page and its errors say (call/).
