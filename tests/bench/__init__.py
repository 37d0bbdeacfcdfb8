"""What does the engine cost, compared with what a bare interpreter costs here and now?"""
