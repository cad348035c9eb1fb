"""What a person enters, sealed to one rotation before it leaves the browser or the terminal."""
