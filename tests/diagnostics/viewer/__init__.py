"""The viewer: grey values and geometry as a browser paints them."""
