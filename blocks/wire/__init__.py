"""How rekey talks HTTP: bounded exchanges, strict answers, polling, and several questions at once."""
