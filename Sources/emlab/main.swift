print("emlab")
