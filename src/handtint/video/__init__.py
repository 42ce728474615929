"""Films: frames in, tinted frames out, with the sound, the time stamps and all else that the film had."""
