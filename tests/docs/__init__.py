"""Are the pages true?"""
