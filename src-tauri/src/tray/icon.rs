//! The icon in the tray: the app's own, with a mark for what is under way or a number for what waits.

use super::model::Glance;

/// Width and height of the icon in pixels.
pub const SIZE: u32 = 64;
/// The digits, three by five dots each.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];
const PLUS: [u8; 5] = [0b000, 0b010, 0b111, 0b010, 0b000];

type Colour = [u8; 4];
const WHITE: Colour = [255, 255, 255, 255];

/// Draws the mark onto the app's icon (`SIZE` by `SIZE`, RGBA).
pub fn draw(app: &[u8], glance: Glance, count: usize) -> Vec<u8> {
    let mut picture = Picture(app.to_vec());
    match glance {
        Glance::Idle => {}
        Glance::Working => picture.disc(50, 50, 11, [34, 160, 84, 255]),
        Glance::Paused => {
            picture.disc(48, 48, 15, [110, 116, 128, 255]);
            picture.block(42, 41, 4, 14);
            picture.block(50, 41, 4, 14);
        }
        Glance::Trouble => {
            picture.disc(48, 48, 15, [214, 118, 12, 255]);
            picture.block(46, 38, 4, 13);
            picture.block(46, 54, 4, 4);
        }
        Glance::Waiting => picture.number(count),
    }
    picture.0
}

struct Picture(Vec<u8>);

impl Picture {
    fn dot(&mut self, x: i32, y: i32, colour: Colour) {
        let side = SIZE as i32;
        if (0..side).contains(&x) && (0..side).contains(&y) {
            let at = usize::try_from((y * side + x) * 4).unwrap_or(0);
            if let Some(pixel) = self.0.get_mut(at..at + 4) {
                pixel.copy_from_slice(&colour);
            }
        }
    }

    /// With a rim that sets it off from the icon.
    fn disc(&mut self, x: i32, y: i32, radius: i32, colour: Colour) {
        for (reach, colour) in [(radius + 2, WHITE), (radius, colour)] {
            for down in -reach..=reach {
                for right in -reach..=reach {
                    if right * right + down * down <= reach * reach {
                        self.dot(x + right, y + down, colour);
                    }
                }
            }
        }
    }

    fn block(&mut self, x: i32, y: i32, width: i32, height: i32) {
        for down in 0..height {
            for right in 0..width {
                self.dot(x + right, y + down, WHITE);
            }
        }
    }

    /// One digit; more than nine is told as `9+`.
    fn number(&mut self, count: usize) {
        const RED: Colour = [208, 42, 48, 255];
        let (glyphs, scale, radius): (Vec<[u8; 5]>, i32, i32) = match DIGITS.get(count) {
            Some(digit) => (vec![*digit], 5, 18),
            None => (vec![DIGITS[9], PLUS], 4, 20),
        };
        let centre = SIZE as i32 - radius - 3;
        self.disc(centre, centre, radius, RED);
        let wide = glyphs.len() as i32 * 4 - 1;
        let (left, top) = (centre - wide * scale / 2, centre - 5 * scale / 2);
        for (place, glyph) in glyphs.iter().enumerate() {
            for (row, bits) in glyph.iter().enumerate() {
                for column in 0..3 {
                    if bits & (0b100 >> column) != 0 {
                        let x = left + (place as i32 * 4 + column) * scale;
                        self.block(x, top + row as i32 * scale, scale, scale);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Glance, SIZE, draw};
    use std::collections::BTreeSet;

    #[test]
    fn every_state_and_number_looks_different() {
        let app = vec![0; (SIZE * SIZE * 4) as usize];
        let mut seen = BTreeSet::new();
        for glance in [
            Glance::Idle,
            Glance::Working,
            Glance::Paused,
            Glance::Trouble,
        ] {
            assert!(seen.insert(draw(&app, glance, 0)), "{glance:?}");
        }
        for count in 1..=10 {
            assert!(seen.insert(draw(&app, Glance::Waiting, count)), "{count}");
        }
        assert_eq!(
            draw(&app, Glance::Waiting, 10),
            draw(&app, Glance::Waiting, 500)
        );
        assert!(seen.iter().all(|picture| picture.len() == app.len()));
    }
}
