"""The centre of pressure: under the feet, as a butterfly, on the belt."""
