//! The table of jobs against a map that needs no proof.

use std::collections::BTreeMap;

use crate::core::ids::ById;

/// Fills and empties the table, now more of the one and now more of the other, and compares it with the map after each step.
#[test]
fn values_are_found_by_their_ids_until_they_are_removed() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut chance = move |of: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % of
    };
    let (mut table, mut map, mut most) = (ById::default(), BTreeMap::new(), 0);
    for step in 0..60_000_u64 {
        let growing = (step / 3_000) % 2 == 0;
        if chance(10) < if growing { 6 } else { 4 } {
            let id = table.next();
            assert!(map.keys().all(|known| *known < id), "{id} is given again");
            table.push(step);
            map.insert(id, step);
        } else if let Some(id) = map.keys().nth(usize::try_from(chance(8)).unwrap()).copied() {
            // Mostly one of the oldest, and none of them for good.
            assert_eq!(table.remove(id), map.remove(&id));
        }
        let id = chance(table.next() + 2);
        assert_eq!(table.get(id), map.get(&id));
        assert_eq!(table.get_mut(id), map.get_mut(&id));
        if !map.contains_key(&id) {
            assert_eq!(table.remove(id), None);
        }
        assert_eq!(table.len(), map.len());
        most = most.max(map.len());
        assert!(table.places() <= 8 * table.len() + 134, "{} places for {} values", table.places(), table.len());
    }
    assert!(most > 300);
    assert_eq!(
        table.ids(|value| value % 2 == 0),
        map.iter().filter(|(_, value)| **value % 2 == 0).map(|(id, _)| *id).collect::<Vec<_>>()
    );
    let next = table.next();
    table.clear();
    assert_eq!((table.len(), table.next(), table.places(), table.ids(|_| true).len()), (0, next, 0, 0));
}

/// Some stay for ever, while thousands come and go behind them.
#[test]
fn those_that_stay_do_not_make_the_table_grow() {
    let mut table = ById::default();
    let mut stay = Vec::new();
    for round in 0..300_u64 {
        stay.push((table.next(), round));
        table.push(round);
        for _ in 0..300 {
            let id = table.next();
            table.push(id);
            assert_eq!(table.remove(id), Some(id));
            assert!(table.places() <= 8 * table.len() + 134, "{} places for {} values", table.places(), table.len());
        }
    }
    assert_eq!(table.ids(|_| true), stay.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    // The last half of the old ones first, with a new one behind them.
    stay.push((table.next(), 0));
    table.push(0);
    assert_eq!(table.ids(|_| true), stay.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    for (id, round) in stay.split_off(150).into_iter().chain(stay) {
        assert_eq!(table.get(id), Some(&round));
        assert_eq!((table.remove(id), table.get(id)), (Some(round), None));
        assert!(table.places() <= 8 * table.len() + 134, "{} places for {} values", table.places(), table.len());
    }
    assert_eq!(table.len(), 0);
}
