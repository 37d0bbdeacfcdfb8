"""`make demo`: a trading day in a minute, with everything going wrong that usually does."""
